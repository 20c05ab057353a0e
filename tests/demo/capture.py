"""What is on the hub's cable, recorded and judged by tshark.

Every tunnelled packet decodes, inside and out, and no checksum is wrong. Knows no hosts: it is
given the underlay's shell and the name of a cable there.
"""
import re
import signal
import time
from dataclasses import dataclass

READY_S = 3
CHECKED = ("ip", "udp", "tcp", "icmp", "icmpv6")
FIELDS = ("frame.protocols", "_ws.malformed", *(f"{name}.checksum.status" for name in CHECKED))
BAD = "0"  # tshark's status of a checksum that was verified and is wrong
INNER = {
    "vxlan": re.compile(r":vxlan:eth:ethertype:(ip|ipv6|arp)\b"),
    "gre": re.compile(r":gre:eth:ethertype:(ip|ipv6|arp)\b"),
}


@dataclass
class Verdict:
    """What tshark says of one recording."""

    tunnelled: int
    undecoded: int
    malformed: int
    bad_checksums: int
    examples: tuple = ()  # protocols of packets with a bad checksum

    @property
    def good(self):
        return self.tunnelled > 0 and not (self.undecoded or self.malformed or self.bad_checksums)

    def __str__(self):
        return (
            f"{self.tunnelled} tunnelled packets, {self.undecoded} without a decoded inner packet, "
            f"{self.malformed} malformed, {self.bad_checksums} with a bad checksum"
            f"{' '.join(['', *self.examples])}"
        )


class Recording:
    """Records between start and stop."""

    def __init__(self, shell, cable, path):
        self.shell = shell
        self.path = path
        self.process = shell.start(f"exec dumpcap -q -i {cable} -w {path}")
        self._wait_until_ready()

    def _wait_until_ready(self):
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and not self._has_header():
            time.sleep(0.02)

    def _has_header(self):
        return self.path.exists() and self.path.stat().st_size > 0

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()

    def command(self):
        """As a person would type it; tshark verifies some checksums only when asked."""
        verify = " ".join(f"-o {name}.check_checksum:TRUE" for name in ("ip", "udp", "tcp"))
        fields = " ".join(f"-e {field}" for field in FIELDS)
        return f"tshark -r {self.path} {verify} -T fields {fields}"

    def verdict(self, kind):
        return judge(kind, self.shell.must(self.command() + " 2>/dev/null"))


def judge(kind, text):
    """The Verdict on tshark's fields, a line a packet, tab-separated."""
    rows = [line.split("\t") for line in text.splitlines()]
    tunnelled = [row for row in rows if f":{kind}" in row[0]]
    undecoded = [row for row in tunnelled if not INNER[kind].search(row[0])]
    malformed = [row for row in tunnelled if row[1] != ""]
    bad = [row for row in tunnelled if any(BAD in status.split(",") for status in row[2:])]
    examples = tuple(sorted({row[0] for row in bad}))
    return Verdict(len(tunnelled), len(undecoded), len(malformed), len(bad), examples)
