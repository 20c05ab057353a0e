"""What may differ between two runs of one command without anyone minding: rules, each with a name.

main.py --rules lists them.
"""
import re
from dataclasses import dataclass

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


@dataclass(frozen=True)
class Rule:
    """Replaces what matches in the output of commands whose text holds `command`."""

    name: str
    pattern: str
    replacement: str
    command: str = ""


RULES = (
    Rule("ages of flows", r"\b(duration|idle_age|hard_age)=[0-9.]+s?", r"\1=AGE"),
    Rule("when a datapath flow was used", r"\bused:[0-9.]+s", "used:TIME"),
    Rule("transaction ids", r"\(xid=0x[0-9a-f]+\)", "(xid=XID)"),
    Rule("versions", r"\b\d+\.\d+\.\d+(~[\w.]+)?(-[\w.+]+)?\b(?![.\d])", "VERSION", "ersion"),
    Rule("the version in the database", r'ovs_version: "[^"]*"', 'ovs_version: "VERSION"'),
    Rule("ages of learned addresses", r"(?m)(\s)\d+$", r"\1AGE", "fdb/show"),
    Rule("dates", r"\b\d{4}-\d\d-\d\dT[0-9:.]+Z", "DATE"),
    Rule("the run's folder", r"(/[\w.-]+)+/compare\.[\w]+", "FOLDER"),
    Rule("ports' durations", r"duration=[0-9.]+s", "duration=AGE", "dump-ports"),
    Rule("addresses of dummy devices", r"\baa:55:aa:55:00:[0-9a-f]{2}\b", "aa:55:aa:55:00:NN"),
    Rule("addresses of patch ports, which are random",
         r"(\(patch-\w+\): addr:)[0-9a-f][26ae](:[0-9a-f]{2}){5}", r"\1RANDOM"),
    Rule("process ids", r"\b(pid|process) \d+", r"\1 PID"),
)
PORT_STATISTICS = "dump-ports "
UNORDERED = ("ovs-vsctl show", "dump-flows", "list-columns", "ovsdb-client dump", "vlog/list")


def normalise(command, text):
    """`text` with every difference that the rules excuse taken out."""
    text = _number_uuids(text)
    for rule in RULES:
        if rule.command in command:
            text = re.sub(rule.pattern, rule.replacement, text)
    lines = [line.rstrip() for line in text.splitlines()]
    if PORT_STATISTICS in command:
        lines = _sort_ports(lines)
    return sorted(lines) if any(part in command for part in UNORDERED) else lines


def _sort_ports(lines):
    """Each port's lines together, the ports by name: the reference's order is a hash table's."""
    ports = []
    for line in lines[1:]:
        if line.startswith("  port "):
            ports.append([])
        if not ports:
            return lines
        ports[-1].append(line)
    return lines[:1] + [line for port in sorted(ports) for line in port]


def _number_uuids(text):
    """Each UUID becomes its place of first appearance: equal ones stay equal."""
    seen = {}
    return UUID.sub(lambda match: f"UUID{seen.setdefault(match[0], len(seen))}", text)


def describe():
    """The list of rules, for people."""
    named = [f"{rule.name}{f' (of {rule.command})' if rule.command else ''}" for rule in RULES]
    order = f"the order of lines of: {', '.join(UNORDERED)}"
    ports = f"the order of ports (of {PORT_STATISTICS.strip()}), which is a hash table's"
    return named + ["UUIDs, numbered", "trailing spaces", order, ports]
