#!/usr/bin/env python3
"""How long programs take to say their version, and to do next to nothing: both makers' in turn.

A database server and a daemon of Debian's run meanwhile, which the tools ask. Needs no root."""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

BENCH = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(BENCH), str(BENCH / "reconfigure")]
from pairs import FOLDERS, Series, program, show  # noqa: E402
from reconfigure import Switch  # noqa: E402

COMMANDS = (
    ("ovs-vsctl", "-V"),
    ("ovs-vsctl", "list-br"),
    ("ovs-vsctl", "get", "bridge", "br0", "name"),
    ("ovs-ofctl", "-V"),
    ("ovs-ofctl", "dump-flows", "br0"),
    ("ovs-ofctl", "parse-flow", "tcp,actions=drop"),
    ("ovs-appctl", "-V"),
    ("ovs-appctl", "version"),
    ("ovsdb-client", "-V"),
    ("ovsdb-client", "list-dbs"),
    ("ovsdb-tool", "-V"),
    ("ovsdb-tool", "schema-version", "/usr/share/openvswitch/vswitch.ovsschema"),
    ("ovs-vswitchd", "-V"),
    ("ovsdb-server", "-V"),
)


def seconds(maker, command, switch):
    words = [program(maker, command[0]), *command[1:]]
    start = time.perf_counter()
    subprocess.run(words, env=switch.environment, cwd=switch.folder, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    arguments = parser.parse_args()
    series = [(command, Series(" ".join(map(os.path.basename, command))[:31], 1.0))
              for command in COMMANDS]
    with tempfile.TemporaryDirectory(prefix="startup.") as folder, Switch("debian", folder) as peer:
        for _ in range(arguments.runs):
            for command, one in series:
                for maker in FOLDERS:
                    one.add(maker, seconds(maker, command, peer))
    return 1 if show("ms a run", [one for _, one in series], 1000) else 0


if __name__ == "__main__":
    sys.exit(main())
