"""The table at the end of the demo: every pair of VMs, each kind of traffic, each tunnel."""
from traffic import PAIRS

KINDS = ("IPv4", "IPv6", "TCP")


def render(results):
    """Text of `results`: {tunnel: {(vm, peer, kind): Cell}}."""
    head = ["pair"] + [f"{tunnel.upper()} {kind}" for tunnel in results for kind in KINDS]
    rows = [head]
    for vm, peer in PAIRS:
        cells = [measured[vm, peer, kind].text for measured in results.values() for kind in KINDS]
        rows.append([f"{vm.name} - {peer.name}", *cells])
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, _line(["-" * width for width in widths], widths))
    return "\n".join(lines)


def _line(row, widths):
    return "  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip()


def failures(results):
    """A line for each cell that is not good."""
    return [
        f"{tunnel} {vm.name} - {peer.name} {kind}: {cell.text}"
        for tunnel, cells in results.items()
        for (vm, peer, kind), cell in cells.items()
        if not cell.good
    ]
