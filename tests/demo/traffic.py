"""What the VMs send each other, measured: pings of both families, and TCP by iperf3."""
import json
import re
import time
from dataclasses import dataclass
from itertools import combinations

from topology import VMS

PING_COUNT = 50
PING_INTERVAL_S = 0.02
GRACE_S = 3  # tunnels resolve their neighbours, VMs theirs, before a loss counts
PAIRS = list(combinations(VMS, 2))


@dataclass
class Cell:
    """One entry of the final table."""

    text: str
    good: bool


def ping_command(address, count=PING_COUNT, interval_s=PING_INTERVAL_S):
    return f"ping -q -c {count} -i {interval_s} -W 1 {address}"


def received(ping_output):
    """(sent, received) as ping's summary says; (0, 0) where it has none."""
    found = re.search(r"(\d+) packets transmitted, (\d+) received", ping_output)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def ping_cell(output):
    sent, answered = received(output)
    return Cell(f"lost {sent - answered}/{sent}", good=sent > 0 and sent == answered)


def tcp_cell(output):
    """From iperf3's JSON: what the receiver got."""
    try:
        bits = json.loads(output)["end"]["sum_received"]["bits_per_second"]
    except (ValueError, KeyError, TypeError):
        return Cell("no traffic", good=False)
    return Cell(f"{bits / 1e9:.2f} Gbit/s", good=bits > 0)


class Traffic:
    """Drives the VMs' shells."""

    def __init__(self, shells):
        self.shells = shells

    def start_servers(self):
        """An iperf3 server in each VM; ended with the VM's namespace."""
        for vm in VMS:
            self.shells[vm].must("iperf3 -s -D")

    def warm_up(self):
        """True when every pair has answered once within the grace."""
        waiting = self._probes()
        deadline = time.monotonic() + GRACE_S
        while waiting and time.monotonic() < deadline:
            waiting = self._unanswered(waiting)
        return not waiting

    def _unanswered(self, probes):
        running = [
            (probe, self.shells[probe[0]].start(ping_command(probe[1], count=1)))
            for probe in probes
        ]
        return [probe for probe, process in running if received(process.communicate()[0])[1] == 0]

    def pings(self):
        """{(vm, peer, family): Cell} for all pairs at once."""
        running = {
            (vm, peer, family): self.shells[vm].start(ping_command(address))
            for vm, peer in PAIRS
            for family, address in (("IPv4", peer.ipv4), ("IPv6", peer.ipv6))
        }
        return {key: ping_cell(process.communicate()[0]) for key, process in running.items()}

    @staticmethod
    def _probes():
        return [(vm, address) for vm, peer in PAIRS for address in (peer.ipv4, peer.ipv6)]

    def stream(self, vm, peer):
        """The Cell of one second of TCP."""
        return tcp_cell(self.shells[vm].run(f"iperf3 -J -t 1 -c {peer.ipv4}")[1])
