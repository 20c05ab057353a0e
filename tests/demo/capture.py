"""What is on the hub's cable, recorded in parts and judged by tshark.

Every packet decodes, inside and out, and every checksum that is there was verified and is right.
Knows no hosts: it is given the underlay's shell and the name of a cable there.
"""
import re
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

READY_S = 3
FLUSH_S = 0.4  # the kernel hands packets to dumpcap at least this often
BUFFER_MIB = 16
JUDGE_S = 120
MAX_EXAMPLES = 5
CHECKED = ("ip", "udp", "tcp", "icmp", "icmpv6", "gre")
# tshark calls a TCP checksum of 0xffff wrong where 0 would do. The two are one number to whoever adds them up (RFC 1624),
# and Linux writes 0xffff when it completes a checksum: one packet in 65,536.
OTHER_ZERO = "tcp.checksum.ffff"
FIELDS = ("frame.protocols", "_ws.malformed", "_ws.expert.severity", OTHER_ZERO,
          *(f"{name}.checksum.status" for name in CHECKED))
TCP_STATUS = FIELDS.index("tcp.checksum.status")
# tshark's statuses: 0 wrong, 1 right, 2 not verified, 3 none there, 4 one that may not be there.
WRONG = {"0", "4"}
UNVERIFIED = {"2"}
ERROR = str(0x800000)  # the gravest of tshark's remarks: "bogus header length", say
PACKET = r"eth:ethertype:(arp|(ip|ipv6(:ipv6\.\w+)*):(icmp|icmpv6|igmp|tcp|udp))\b"
INNER = {kind: re.compile(f":{kind}:{PACKET}") for kind in ("vxlan", "gre")}
# A client's port may be one for which tshark knows a protocol; iperf3's bytes are none of those.
PLAIN = "-d tcp.port==5201,data"


@dataclass
class Part:
    """A stretch of the recording: at most `limit` packets of those that passed."""

    name: str
    path: Path
    limit: int | None
    passed: int = 0
    recorded: int = 0

    @property
    def complete(self):
        wanted = self.passed if self.limit is None else min(self.passed, self.limit)
        return self.recorded >= wanted

    def __str__(self):
        # A packet recorded before the counters were first read is not in them.
        return f"{self.name}: {self.recorded:,} of {max(self.passed, self.recorded):,}"


@dataclass
class Verdict:
    """What tshark says of a recording."""

    packets: int
    tunnelled: int
    undecoded: int
    malformed: int
    wrong_checksums: int
    unverified: int
    other_errors: int
    examples: tuple = ()  # protocols of packets that something is wrong with
    parts: list = field(default_factory=list)

    @property
    def good(self):
        problems = (self.undecoded, self.malformed, self.wrong_checksums, self.unverified,
                    self.other_errors)
        complete = all(part.complete for part in self.parts)
        return self.tunnelled > 0 and not any(problems) and complete

    def __str__(self):
        passed = sum(max(part.passed, part.recorded) for part in self.parts)
        gaps = [part.name for part in self.parts if not part.complete]
        missing = f"; packets were missed in {', '.join(gaps)}" if gaps else ""
        return (
            f"{'; '.join(str(part) for part in self.parts)}\n"
            f"{self.packets:,} of {passed:,} packets judged, {self.tunnelled:,} of them tunnelled: "
            f"{self.undecoded} without a decoded inner packet, {self.malformed} malformed, "
            f"{self.wrong_checksums} with a wrong checksum, {self.unverified} with an unverified "
            f"one, {self.other_errors} with another error"
            f"{' '.join(['', *self.examples])}{missing}"
        )


class Recording:
    """All parts of one recording, in `folder`; `name` is its file there."""

    def __init__(self, shell, cable, folder, name):
        self.shell = shell
        self.cable = cable
        self.folder = folder
        self.path = folder / f"{name}.pcapng"
        self.parts = []

    @contextmanager
    def part(self, name, limit=None):
        """Records while its block runs, the first `limit` packets only where there is a limit."""
        part = Part(name, self.folder / f"{self.path.stem}-{len(self.parts)}.pcapng", limit)
        stop_after = f"-c {limit}" if limit else ""
        process = self.shell.start(
            f"exec dumpcap -q -B {BUFFER_MIB} -i {self.cable} {stop_after} -w {part.path}")
        _wait_for_header(part.path)
        before = self._passed()
        try:
            yield
        finally:
            part.passed = self._passed() - before
            _stop(process)
            self.parts.append(part)

    def _passed(self):
        """Packets that the cable has carried, both ways."""
        folder = f"/sys/class/net/{self.cable}/statistics"
        counts = self.shell.must(f"cat {folder}/rx_packets {folder}/tx_packets")
        return sum(int(count) for count in counts.split())

    def command(self):
        """As a person would type it; tshark verifies some checksums only when asked."""
        return tshark_command(self.path)

    def verdict(self, kind):
        """Joins the parts, counts them and has them judged."""
        paths = " ".join(str(part.path) for part in self.parts)
        self.shell.must(f"mergecap -a -w {self.path} {paths}")
        counts = dict(line.split("\t") for line in
                      self.shell.must(f"capinfos -T -r -M -c {paths}").splitlines())
        for part in self.parts:
            part.recorded = int(counts[str(part.path)])
            part.path.unlink()
        verdict = judge(kind, self.shell.must(self.command() + " 2>/dev/null", timeout_s=JUDGE_S))
        verdict.parts = self.parts
        return verdict


def judge_wire(stage, wire, kind):
    """Shows what tshark makes of a recording; a failure if anything in it is wrong."""
    verdict = wire.verdict(kind)
    stage.narrator.command("underlay", wire.command(), f"{verdict}\n")
    stage.narrator.shows("another implementation reads all that the tunnels carry")
    stage.checks.expect(verdict.good, f"{wire.path.stem} on the wire: {verdict}")


def tshark_command(path):
    verify = " ".join(f"-o {name}.check_checksum:TRUE" for name in ("ip", "udp", "tcp"))
    fields = " ".join(f"-e {field}" for field in FIELDS)
    return f"tshark -n -r {path} {PLAIN} {verify} -T fields {fields}"


def _wait_for_header(path):
    """dumpcap listens before it writes the head of its file."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and not (path.exists() and path.stat().st_size > 0):
        time.sleep(0.02)


def _stop(process):
    if process.poll() is None:
        time.sleep(FLUSH_S)
        process.send_signal(signal.SIGINT)
    process.communicate()


def judge(kind, text):
    """The Verdict on tshark's fields, a line a packet, tab-separated."""
    rows = [line.split("\t") for line in text.splitlines()]
    tunnelled = [row for row in rows if f":{kind}" in row[0]]
    undecoded = [row for row in tunnelled if not INNER[kind].search(row[0])]
    malformed = [row for row in rows if row[1] != ""]
    wrong = [row for row in rows if _statuses(row) & WRONG]
    unverified = [row for row in rows if _statuses(row) & UNVERIFIED]
    known = [undecoded, malformed, wrong, unverified]
    others = [row for row in rows
              if ERROR in row[2].split(",") and not any(row in problem for problem in known)]
    examples = sorted({row[0] for problem in [*known, others] for row in problem})
    return Verdict(len(rows), len(tunnelled), *(len(problem) for problem in [*known, others]),
                   tuple(examples[:MAX_EXAMPLES]))


def _statuses(row):
    columns = list(row[FIELDS.index(OTHER_ZERO) + 1:])
    if row[FIELDS.index(OTHER_ZERO)]:
        columns.pop(TCP_STATUS - len(row))
    return {status for column in columns for status in column.split(",")}
