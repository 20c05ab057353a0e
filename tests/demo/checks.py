"""What the demo expects of its VMs and rules, shown as commands; what does not come true is kept.

Knows no hosts: it is given each machine's shell.
"""
import re
import time

from traffic import GRACE_S, ping_command, received

PINGS, PING_INTERVAL_S = 3, 0.2


class Checks:
    """`failures` has a line for each expectation that did not hold."""

    def __init__(self, narrator):
        self.narrator = narrator
        self.failures = []

    def expect(self, is_true, what):
        """True if it is; otherwise a failure that says `what` should have been."""
        if not is_true:
            self.failures.append(what)
        return is_true

    def expect_ping(self, shell, address, shows):
        """Every ping is answered."""
        command = ping_command(address, PINGS, PING_INTERVAL_S)
        status, output = shell.show_any(command, shows)
        sent, answered = received(output)
        self.expect(status == 0 and sent == answered,
                    f"{shell.prompt}: ping {address} lost {sent - answered}/{sent}")

    def expect_ping_soon(self, shell, address, shows):
        """The same, once something that takes its time has happened."""
        deadline = time.monotonic() + GRACE_S
        while time.monotonic() < deadline:
            if received(shell.run(ping_command(address, count=1))[1])[1] > 0:
                break
        self.expect_ping(shell, address, shows)

    def expect_silence(self, shell, address, shows):
        """No ping is answered."""
        _, output = shell.show_any(ping_command(address, PINGS, PING_INTERVAL_S), shows)
        sent, answered = received(output)
        self.expect(sent > 0 and answered == 0,
                    f"{shell.prompt}: ping {address} was answered {answered}/{sent}: {shows}?")

    def expect_tcp(self, shell, peer, works, shows):
        """A short stream goes through, or does not."""
        # Less than a second: no time for a second SYN.
        command = f"iperf3 -c {peer.ipv4} -n 100K --connect-timeout 900"
        status, output = shell.run(command)
        self.narrator.command(shell.prompt, command, output)
        outcome = "failed" if works else "went through"
        if self.expect((status == 0) == works, f"{shell.prompt}: TCP to {peer.name} {outcome}"):
            self.narrator.shows(shows)

    def expect_packets(self, shell, bridge, rule, shows):
        """Each rule whose line has the text `rule`, at least one, has matched packets."""
        _, rules = shell.show_any(f"ovs-ofctl dump-flows {bridge} | grep -F '{rule}'", shows)
        rows = rules.splitlines()
        self.expect(rows and all(packet_count(row) > 0 for row in rows),
                    f"{shell.prompt}: no packet matched {rule} of {bridge}")


def packet_count(flow_line):
    found = re.search(r"n_packets=(\d+)", flow_line)
    return int(found[1]) if found else 0
