#!/usr/bin/env python3
"""What a packet costs a switch between two veths: processor time of ovs-vswitchd, all its threads,
by packets that came out behind it.

Ours and Debian's netdev datapath take turns under the same load: small UDP frames at a fixed rate
from one namespace, through the switch in a second, into a third. Needs root; namespaces and folders
are its own."""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

BENCH = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(BENCH)]
from pairs import FOLDERS, ROOT, Series, program, show  # noqa: E402

SENDER = ROOT / "build" / "linux" / "bench" / "veth_send"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
TARGET = 0.7
DEADLINE_S = 10


def run(*words, env=None):
    done = subprocess.run(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stdout.strip()}")
    return done.stdout


class Cables:
    """Three namespaces in a row: source, switch, sink."""

    def __init__(self):
        self.names = {part: f"vb{os.getpid()}-{part}" for part in ("source", "switch", "sink")}

    def __enter__(self):
        for name in self.names.values():
            run("ip", "netns", "add", name)
        for end, port in (("source", "p1"), ("sink", "p2")):
            run("ip", "-n", self.names["switch"], "link", "add", port, "type", "veth",
                "peer", "name", "eth0", "netns", self.names[end])
            for namespace, link in (("switch", port), (end, "eth0")):
                self._quiet(namespace, link)
                run("ip", "-n", self.names[namespace], "link", "set", link, "up")
        return self

    def _quiet(self, namespace, link):
        """No frames but ours: the kernels at the ends say nothing by themselves."""
        self.execute(namespace, "sh", "-c",
                     f"echo 1 > /proc/sys/net/ipv6/conf/{link}/disable_ipv6")

    def execute(self, namespace, *words, env=None):
        return run("ip", "netns", "exec", self.names[namespace], *words, env=env)

    def received(self):
        """Packets that have come out behind the switch."""
        counter = "/sys/class/net/eth0/statistics/rx_packets"
        return int(self.execute("sink", "cat", counter))

    def __exit__(self, *_):
        for name in self.names.values():
            run("ip", "netns", "delete", name)


class Switch:
    """An ovs-vswitchd in the middle namespace, with a database of its own."""

    def __init__(self, cables, program):
        self.cables = cables
        self.program = program
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="veth-bench-"))
        self.env = {**os.environ, "OVS_SYSLOG_METHOD": "null",
                    **{name: str(self.folder) for name in ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR")}}
        self.processes = []

    def __enter__(self):
        database = self.folder / "conf.db"
        run("ovsdb-tool", "create", str(database), SCHEMA, env=self.env)
        self._spawn("ovsdb-server", str(database), f"--remote=punix:{self.folder}/db.sock")
        self._wait_for("db.sock")
        self._vsctl("--no-wait", "init")
        self._spawn(self.program, f"unix:{self.folder}/db.sock", f"--log-file={self.folder}/log")
        self._vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev",
                    "fail_mode=secure", "--", "add-port", "br0", "p1", "--", "add-port", "br0", "p2",
                    "--", "set", "interface", "p1", "ofport_request=1")
        run("ovs-ofctl", "add-flow", f"unix:{self.folder}/br0.mgmt",
            "in_port=p1,actions=output:p2", env=self.env)
        return self

    def _spawn(self, *words):
        inside = ["ip", "netns", "exec", self.cables.names["switch"], *map(str, words)]
        self.processes.append(subprocess.Popen(inside, env=self.env, stdout=subprocess.DEVNULL,
                                               stderr=subprocess.DEVNULL))

    def _wait_for(self, name):
        deadline = time.monotonic() + DEADLINE_S
        while not (self.folder / name).exists():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not appear")
            time.sleep(0.02)

    def _vsctl(self, *words):
        run("ovs-vsctl", f"--timeout={DEADLINE_S}", f"--db=unix:{self.folder}/db.sock", *words,
            env=self.env)

    def processor_ns(self):
        """What all threads of the switch have used; "ip netns exec" has become the switch."""
        process_clock = (~self.processes[-1].pid << 3) | 2  # as clock_getcpuclockid() forms it
        return time.clock_gettime_ns(process_clock)

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            process.wait(DEADLINE_S)
        shutil.rmtree(self.folder)


def measure(cables, maker, load):
    """(processor seconds a packet, share of the packets that came through) of one round."""
    with Switch(cables, program(maker, "ovs-vswitchd")) as switch:
        cables.execute("source", SENDER, "eth0", str(load.rate // 5), str(load.rate))
        time.sleep(0.5)
        packets, used = cables.received(), switch.processor_ns()
        cables.execute("source", SENDER, "eth0", str(load.count), str(load.rate))
        time.sleep(0.2)
        packets, used = cables.received() - packets, switch.processor_ns() - used
        if packets == 0:
            raise RuntimeError(f"{maker}: nothing came through")
        return used / 1e9 / packets, packets / load.count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--count", type=int, default=300_000, help="frames a run")
    parser.add_argument("--rate", type=int, default=100_000, help="frames a second")
    load = parser.parse_args()
    if os.geteuid() != 0:
        print("between veths: not measured, it needs root")
        return 0
    series, through = Series(f"{load.rate:,} packets/s", TARGET), dict.fromkeys(FOLDERS, 1.0)
    try:
        with Cables() as cables:
            for _ in range(load.runs):
                for maker in FOLDERS:
                    cost, share = measure(cables, maker, load)
                    series.add(maker, cost)
                    through[maker] = min(through[maker], share)
    except (OSError, RuntimeError) as error:
        return str(error)
    missed = show("processor ns a packet, veths", [series], 1e9)
    for maker, share in through.items():
        if share < 0.99:
            print(f"{maker}: in one run only {share:.0%} came through")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
