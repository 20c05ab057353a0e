"""Which programs a host runs: ours, as built in this checkout, or Debian's. Starts none of them.

A choice is text: a comma-separated list of MAKER, PART=MAKER or PROGRAM=MAKER, where a later item
overrules an earlier one: "debian", "debian,database=ours", "built,ovs-ofctl=debian".
"""
import os
from pathlib import Path

PARTS = {
    "database": ["ovsdb-server"],
    "daemon": ["ovs-vswitchd"],
    "tools": ["ovs-vsctl", "ovs-ofctl", "ovs-appctl", "ovsdb-tool", "ovsdb-client"],
}
PROGRAMS = [name for names in PARTS.values() for name in names]
MAKERS = ("ours", "debian", "built")  # built: ours where this checkout has it built, else Debian's
DEBIAN_FOLDERS = ("/usr/bin", "/usr/sbin")
CHECKOUT = Path(__file__).resolve().parents[2]


class BadChoice(Exception):
    """A choice that names no maker, part or program that exists; the text says which."""


def parse_choice(text, before=None):
    """The maker of each program, as `text` says; what it leaves unsaid is as in `before`."""
    makers = dict(before or {})
    for item in text.split(","):
        what, _, maker = item.rpartition("=")
        if maker not in MAKERS:
            raise BadChoice(f"{item}: a maker is one of {', '.join(MAKERS)}")
        for program in _programs_of(what):
            makers[program] = ours_if_built(program) if maker == "built" else maker
    return makers


def ours_if_built(program):
    try:
        locate(program, "ours")
    except BadChoice:
        return "debian"
    return "ours"


def _programs_of(what):
    if what == "":
        return PROGRAMS
    if what in PARTS:
        return PARTS[what]
    if what in PROGRAMS:
        return [what]
    raise BadChoice(f"{what}: neither a part ({', '.join(PARTS)}) nor a program")


def locate(program, maker):
    """The file of `program`; BadChoice if that maker has not made it."""
    for folder in _folders_of(maker):
        path = folder / program
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise BadChoice(f"{program}: {maker} has none here")


def build_folder():
    return Path(os.environ.get("OVS_BUILD", CHECKOUT / "build" / "linux"))


def _folders_of(maker):
    if maker == "debian":
        return [Path(folder) for folder in DEBIAN_FOLDERS]
    build = build_folder()
    tools = sorted(path for path in (build / "src" / "tools").glob("*") if path.is_dir())
    return [build / "bin", build / "src" / "tools", *tools]


def describe(makers):
    """One phrase for a reader: "ours", or "debian, but ours: ovsdb-server"."""
    kinds = sorted(set(makers.values()))
    if len(kinds) == 1:
        return kinds[0]
    ours = [program for program in PROGRAMS if makers[program] == "ours"]
    return f"debian, but ours: {' '.join(ours)}"


def link_all(makers, folder):
    """Fills `folder` with a link for each program, so that one PATH entry is the whole choice."""
    folder.mkdir(parents=True, exist_ok=True)
    for program, maker in makers.items():
        link_program(program, maker, folder)


def link_program(program, maker, folder):
    link = folder / program
    link.unlink(missing_ok=True)
    link.symlink_to(locate(program, maker))
