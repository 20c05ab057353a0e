#!/usr/bin/env python3
"""How long a change of configuration takes, from ovs-vsctl's start until the daemon has done it.

Each maker's own database server, daemon and ovs-vsctl, each run in a folder of its own, in turn;
devices are dummies. Needs no root."""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from pairs import FOLDERS, Series, program, show  # noqa: E402  beside the other benchmarks

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
TARGET = 0.3


class Switch:
    """A database server and a daemon of one maker, and its ovs-vsctl."""

    def __init__(self, maker, folder):
        self.maker = maker
        places = ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")
        self.environment = {**os.environ, **{place: folder for place in places},
                            "OVS_SYSLOG_METHOD": "null"}
        self.folder = pathlib.Path(folder)

    def run(self, name, *arguments):
        subprocess.run([program(self.maker, name), *arguments], env=self.environment,
                       cwd=self.folder, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def __enter__(self):
        daemon = ("--detach", "--no-chdir", "--pidfile", "--log-file", "-vconsole:off")
        self.run("ovsdb-tool", "create", str(self.folder / "conf.db"), SCHEMA)
        self.run("ovsdb-server", f"--remote=punix:{self.folder}/db.sock", *daemon)
        self.run("ovs-vsctl", "--no-wait", "init")
        self.run("ovs-vswitchd", "--enable-dummy", "--disable-system", "--disable-system-route",
                 *daemon)
        self.run("ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy")
        return self

    def __exit__(self, *_):
        for pidfile in self.folder.glob("*.pid"):
            pid = int(pidfile.read_text(encoding="ascii"))
            os.kill(pid, 15)
            while pathlib.Path("/proc", str(pid)).exists():
                time.sleep(0.01)

    def seconds(self, *commands):
        words = [word for command in commands for word in ("--", *command)][1:]
        start = time.perf_counter()
        self.run("ovs-vsctl", *words)
        return time.perf_counter() - start


def add_ports(numbers):
    for number in numbers:
        yield "add-port", "br0", f"p{number}"
        yield "set", "interface", f"p{number}", "type=dummy"


def measure(maker, count, series):
    with tempfile.TemporaryDirectory(prefix="reconfigure.") as folder:
        with Switch(maker, folder) as switch:
            add_all, add_one, del_one, del_all = series
            add_all.add(maker, switch.seconds(*add_ports(range(1, count + 1))))
            one = count + 1
            add_one.add(maker, switch.seconds(*add_ports([one])))
            del_one.add(maker, switch.seconds(("del-port", "br0", f"p{one}")))
            del_all.add(maker, switch.seconds(
                *(("del-port", "br0", f"p{number}") for number in range(1, count + 1))))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ports", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    count = arguments.ports
    series = [Series(f"add {count} ports", TARGET), Series(f"add one to {count}"),
              Series(f"delete one of {count + 1}"), Series(f"delete {count}")]
    for _ in range(arguments.runs):
        for maker in FOLDERS:
            measure(maker, count, series)
    return 1 if show("ms until the daemon has done it", series, 1000) else 0


if __name__ == "__main__":
    sys.exit(main())
