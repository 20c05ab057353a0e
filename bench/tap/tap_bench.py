#!/usr/bin/env python3
"""Between two virtual machines: TCP, and small UDP packets, by iperf3 in two namespaces.

The emulated Hyper-V host (hvemu, openvswitch.sys, two flows, no daemon) joins their TAPs, believing
its driver and judging it; Linux's bridge joins the same two namespaces by veths, because a bridge
takes no TAP whose other end is a program of its own. With offloads large sends and open checksums
go through both; veths hand them on in the kernel without a copy. Plain: without. Each in turn,
least, median and most of several runs. Needs root and iperf3."""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = ROOT / "build" / "linux" / "bin"
IMAGE = ROOT / "build" / "linux" / "driver" / "clang" / "openvswitch.sys"
DEADLINE_S = 10
OFFLOADS = ("tx", "rx", "tso", "gso", "gro")


def run(*words, env=None):
    done = subprocess.run(list(map(str, words)), env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stdout.strip()}")
    return done.stdout


class Machines:
    """Two namespaces for VMs, one for what joins them."""

    def __init__(self):
        self.names = [f"tb{os.getpid()}-{part}" for part in ("a", "b", "host")]

    def __enter__(self):
        for name in self.names:
            run("ip", "netns", "add", name)
        return self

    def execute(self, which, *words, env=None):
        return run("ip", "netns", "exec", self.names[which], *words, env=env)

    def address(self, which):
        run("ip", "-n", self.names[which], "address", "add", f"10.98.0.{which + 1}/24",
            "dev", "eth0")
        run("ip", "-n", self.names[which], "link", "set", "eth0", "up")

    def __exit__(self, *_):
        for name in self.names:
            run("ip", "netns", "delete", name)


class Bridge:
    def __init__(self, machines, has_offloads):
        self.machines, self.has_offloads = machines, has_offloads

    def __enter__(self):
        host = self.machines.names[2]
        run("ip", "-n", host, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", host, "link", "set", "br0", "up")
        for which in (0, 1):
            run("ip", "-n", host, "link", "add", f"v{which}", "type", "veth", "peer",
                "name", "eth0", "netns", self.machines.names[which])
            run("ip", "-n", host, "link", "set", f"v{which}", "master", "br0", "up")
            for namespace, link in ((2, f"v{which}"), (which, "eth0")):
                if self.has_offloads:
                    break
                off = [word for name in OFFLOADS for word in (name, "off")]
                self.machines.execute(namespace, "ethtool", "-K", link, *off)
            self.machines.address(which)

    def __exit__(self, *_):
        for link in ("v0", "v1", "br0"):
            run("ip", "-n", self.machines.names[2], "link", "delete", link)


class Host:
    """hvemu with a private switch, its driver enabled, and two flows in the driver."""

    def __init__(self, machines, has_offloads, *options):
        self.machines, self.options = machines, options
        self.offload = "LargeSend" if has_offloads else "None"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tap-bench-"))
        self.env = {**os.environ, "OVS_SYSLOG_METHOD": "null",
                    "HVEMU_DIR": str(self.folder / "host"), "OVS_RUNDIR": str(self.folder), "OVS_LOGDIR": str(self.folder),
                    "OVS_DEVICE": str(self.folder / "host" / "device")}

    def __enter__(self):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.machines.names[2], str(BIN / "hvemu"), "host",
             f"--driver={IMAGE}", "-vconsole:off", *self.options], env=self.env)
        deadline = time.monotonic() + DEADLINE_S
        while not (self.folder / "host" / "device").exists():
            if time.monotonic() > deadline:
                raise RuntimeError("hvemu did not start")
            time.sleep(0.02)
        self.hvemu("new-vmswitch", "net", "-SwitchType", "Private")
        self.hvemu("enable-vmswitchextension", "net", "openvswitch")
        for which in (0, 1):
            self.hvemu("add-vmnetworkadapter", f"VM{which}", "--namespace",
                       self.machines.names[which], "--switch-name", "net",
                       "--offload", self.offload)
            self.hvemu("set-vmnetworkadapterovsport", f"VM{which}", "-OVSPortName", f"p{which}")
            self.machines.address(which)
            self.dpctl("add-if", "ovs-system", f"p{which},port_no={which + 1}")
        for which in (1, 2):
            for match in ("eth_type(0x0800),ipv4()", "eth_type(0x0806),arp()"):
                self.dpctl("add-flow", "ovs-system", f"in_port({which}),eth(),{match}",
                           str(3 - which))

    def hvemu(self, *words):
        run(BIN / "hvemu", words[0], "--timeout=10", *words[1:], env=self.env)

    def dpctl(self, *words):
        run(BIN / "ovs-dpctl", *words, env=self.env)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE_S)
        shutil.rmtree(self.folder)


FORMS = {
    "Linux bridge": Bridge,
    "hvemu, believing": lambda *parts: Host(*parts, "--without-detectors"),
    "hvemu, judging": Host,
}
KINDS = {"with offloads": True, "plain": False}


def iperf(machines, seconds, *options):
    server = subprocess.Popen(["ip", "netns", "exec", machines.names[1], "iperf3", "-s", "-1"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    try:
        said = machines.execute(0, "iperf3", "-c", "10.98.0.2", "-t", seconds, "-J", *options)
        return json.loads(said)["end"]
    finally:
        try:
            server.wait(2)
        except subprocess.TimeoutExpired:
            server.terminate()
            server.wait()


def measure(form, has_offloads, seconds):
    """Gbit/s of TCP, and thousands of UDP packets that arrive in a second."""
    with Machines() as machines, form(machines, has_offloads):
        tcp = iperf(machines, seconds)["sum_received"]["bits_per_second"] / 1e9
        udp = iperf(machines, seconds, "-u", "-b", "0", "-l", "18")["sum"]
        arrived = udp["packets"] - udp["lost_packets"]
        return tcp, arrived / udp["seconds"] / 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of each stream")
    wish = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("iperf3") is None:
        print("between TAPs: not measured, it needs root and iperf3")
        return 0
    figures = {(kind, name): [] for kind in KINDS for name in FORMS}
    try:
        for _ in range(wish.runs):
            for kind, name in figures:
                figures[kind, name].append(measure(FORMS[name], KINDS[kind], wish.seconds))
    except (OSError, RuntimeError) as error:
        return str(error)
    for index, unit in enumerate(("TCP, Gbit/s", "UDP of 60 bytes, 1,000 packets/s")):
        print(f"{unit:<38}{'min':>8}{'median':>8}{'max':>8}{'of the bridge':>15}")
        for (kind, name), rows in figures.items():
            base = statistics.median(each[index] for each in figures[kind, "Linux bridge"])
            values = sorted(each[index] for each in rows)
            middle = statistics.median(values)
            shown = "".join(f"{value:>8.2f}" for value in (values[0], middle, values[-1]))
            print(f"  {name + ', ' + kind:<36}{shown}{middle / base:>15.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
