"""What every check shares: the tree's files, C++ without comments and strings, how a check ends.

Judges nothing. Used by scripts/check_*.
"""
import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

CODE_FOLDERS = ("src", "tests", "bench")
CPP = (".h", ".cc")


def files(root, folders=(".",), endings=None):
    """Paths relative to `root`, sorted: what git tracks or would add; else what is there."""
    listed = _from_git(root) or _from_walk(root)
    wanted = [path for path in listed if _is_under(path, folders) and (root / path).is_file()]
    return sorted(path for path in wanted if endings is None or path.suffix in endings)


def _from_git(root):
    if not (root / ".git").exists():
        return []
    command = "git ls-files -z --cached --others --exclude-standard".split()
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return [Path(name) for name in done.stdout.split("\0") if name]


def _from_walk(root):
    found = []
    for folder, names, leaves in os.walk(root):
        names[:] = [name for name in names if name not in ("build", "__pycache__", ".git", ".cache")]
        found += [(Path(folder) / leaf).relative_to(root) for leaf in leaves]
    return found


def _is_under(path, folders):
    return any(folder == "." or path.parts[0] == folder for folder in folders)


def read(root, path):
    return (root / path).read_text(encoding="utf-8", errors="replace")


_TOKEN = re.compile(
    r'(?P<raw>R"(?P<tag>[^()\\ ]{0,16})\(.*?\)(?P=tag)")'
    r"|(?P<string>\"(?:\\.|[^\"\\\n])*\")"
    r"|(?P<char>(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+')"
    r"|(?P<comment>//[^\n]*|/\*.*?\*/)",
    re.DOTALL,
)


def blank(text, comments=True, strings=True):
    """C++ of the same shape, line for line, with comments and the contents of strings as spaces."""

    def replace(match):
        is_comment = match.lastgroup == "comment"
        if (is_comment and not comments) or (not is_comment and not strings):
            return match[0]
        return re.sub(r"[^\n]", " ", match[0]) if is_comment else _blank_literal(match[0])

    return _TOKEN.sub(replace, text)


def _blank_literal(literal):
    return '"' + re.sub(r"[^\n]", " ", literal[1:-1]) + '"'


def parse_root(description, *more):
    """The options of a check: --root, and pairs (flag, keywords for add_argument)."""
    parser = argparse.ArgumentParser(description=description)
    here = Path(__file__).resolve().parents[1]
    parser.add_argument("--root", type=Path, default=here, help="the tree to check")
    for flag, keywords in more:
        parser.add_argument(flag, **keywords)
    return parser.parse_args()


def finish(name, problems, summary):
    """Prints the problems and a line of summary, and ends the program: 1 if there are problems."""
    for problem in problems:
        print(problem)
    print(f"{name}: {summary}; {len(problems)} problem{'' if len(problems) == 1 else 's'}")
    sys.exit(1 if problems else 0)
