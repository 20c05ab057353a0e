"""What benchmarks of whole programs share: the two makers, runs taken in turn, rows of a table."""
import pathlib
import statistics

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = {
    "ours": (ROOT / "build" / "linux" / "bin",),
    "debian": (pathlib.Path("/usr/bin"), pathlib.Path("/usr/sbin")),
}


def program(maker, name):
    for folder in FOLDERS[maker]:
        if (folder / name).exists():
            return str(folder / name)
    raise SystemExit(f"bench: no {name} of {maker}: build it, or install openvswitch-switch")


class Series:
    """Times of one thing, done by both makers in turn."""

    def __init__(self, name, target=None):
        self.name, self.target = name, target
        self.times = {maker: [] for maker in FOLDERS}

    def add(self, maker, seconds):
        self.times[maker].append(seconds)

    def ratio(self):
        return min(self.times["ours"]) / min(self.times["debian"])

    def is_missed(self):
        return self.target is not None and self.ratio() > self.target

    def row(self, scale):
        cells = []
        for maker in FOLDERS:
            times = self.times[maker]
            cells += [f"{min(times) * scale:>9.1f}", f"{statistics.median(times) * scale:>9.1f}"]
        target = f"  <= {self.target}" if self.target else ""
        return f"{self.name:<32}{''.join(cells)}{self.ratio():>8.2f}{target}"


def show(title, series, scale):
    """Prints the table; the number of targets that are missed."""
    print(f"{title:<32}{'ours min':>9}{'median':>9}{'peer min':>9}{'median':>9}{'ratio':>8}  target")
    for one in series:
        print(one.row(scale))
    missed = [one.name for one in series if one.is_missed()]
    for name in missed:
        print(f"missed: {name}")
    return len(missed)
