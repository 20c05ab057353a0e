"""Debian's OVS-DPDK doing the engine bench's job: frames from a pcap device, one PMD thread, a null
device behind it.

Its own counters tell cycles a packet. Without the package, its files are unpacked into a cache;
nothing is installed. Prints "NAME CYCLES" a line. Needs root; takes no huge pages, no hardware.

The peer has an exact-match cache in front of its masks. With many masks both are measured: "NAME"
without the cache, which is the cost of masks, and "NAME,cache" with it."""
import argparse
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

PACKAGES = ("openvswitch-switch-dpdk", "librte-net-pcap23", "librte-net-null23",
            "librte-mempool-ring23", "librte-bus-vdev23")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", "/var/cache")) / "ovs-bench-dpdk"
PROGRAM = "usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
WARM_UP_S, MEASURE_S = 3.0, 4.0


def run(*words, env=None, check=True):
    done = subprocess.run(words, env=env, check=check, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.stdout


def find_root():
    """Where the peer's files are: the system, or a cache that apt's downloads are unpacked into."""
    if pathlib.Path("/", PROGRAM).exists():
        return pathlib.Path("/")
    if not list(CACHE.glob("usr/lib/**/dpdk/pmds-*")):
        CACHE.mkdir(parents=True, exist_ok=True)
        plan = run("apt-get", "install", "-s", "--no-install-recommends", *PACKAGES)
        packages = re.findall(r"^Inst (\S+)", plan, re.M)
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(["apt-get", "download", *packages], cwd=directory, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for archive in pathlib.Path(directory).glob("*.deb"):
                run("dpkg", "-x", str(archive), str(CACHE))
    return CACHE


def frame(number):
    """The frame of this number that engine_bench sends."""
    ip = struct.pack("!BBHHHBBHII", 0x45, 0, 46, 0, 0, 64, 17, 0, 0x0a000000 | number >> 8,
                     0x0b000000 | number)
    udp = struct.pack("!HHHH", 1024 + number % 50000, number % 60000, 26, 0)
    return (bytes.fromhex("020000000002020000000001") + b"\x08\x00" + ip + udp).ljust(60, b"\0")


def write_pcap(path, count):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number in range(count):
            data = frame(number)
            file.write(struct.pack("<IIII", 0, 0, len(data), len(data)) + data)


def dotted(address):
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def rules(count, masks):
    """The engine bench's flows as rules: by destination, and by some low bits of the source.

    A megaflow's mask is what translation looked at before it found the rule: with wider masks at
    lower priorities that is the rule's own, and nothing of the others'."""
    for number in range(count):
        source, destination = 0x0a000000 | number >> 8, 0x0b000000 | number
        match = f"in_port=1,udp,nw_dst={dotted(destination)}"
        width = destination % masks
        if width:
            bits = (1 << width) - 1
            match += f",nw_src={dotted(source & bits)}/{dotted(bits)}"
        yield f"priority={1000 - width},{match},actions=output:2"


class Peer:
    def __init__(self, root, directory):
        self.root, self.directory = root, pathlib.Path(directory)
        libraries = set()
        if root != pathlib.Path("/"):
            libraries = {str(path.parent) for path in root.glob("usr/lib/**/*.so*")}
        self.env = {**os.environ, "OVS_RUNDIR": directory, "OVS_LOGDIR": directory,
                    "OVS_DBDIR": directory, "LD_LIBRARY_PATH": ":".join(libraries)}
        self.processes = []

    def start(self):
        database = self.directory / "conf.db"
        schema = "/usr/share/openvswitch/vswitch.ovsschema"
        run("ovsdb-tool", "create", str(database), schema, env=self.env)
        self.spawn("ovsdb-server", str(database), f"--remote=punix:{self.directory}/db.sock")
        self.wait_for("db.sock")
        self.vsctl("--no-wait", "init")
        plugins = next(self.root.glob("usr/lib/**/dpdk/pmds-*"))
        extra = f"--no-huge --legacy-mem -m 512 --no-pci -d {plugins}"
        for key, value in {"dpdk-init": "true", "dpdk-extra": extra, "pmd-cpu-mask": "0x1",
                           "smc-enable": "false"}.items():
            self.vsctl("--no-wait", "set", "Open_vSwitch", ".", f'other_config:{key}="{value}"')
        self.spawn(str(self.root / PROGRAM), f"unix:{self.directory}/db.sock",
                   f"--log-file={self.directory}/vswitchd.log")

    def spawn(self, *words):
        quiet = subprocess.DEVNULL
        self.processes.append(subprocess.Popen(words, env=self.env, stdout=quiet, stderr=quiet))

    def wait_for(self, name):
        for _ in range(100):
            if (self.directory / name).exists():
                return
            time.sleep(0.1)
        raise RuntimeError(f"{name} did not appear")

    def vsctl(self, *words):
        database = f"--db=unix:{self.directory}/db.sock"
        return run("ovs-vsctl", "--timeout=25", database, *words, env=self.env)

    def appctl(self, *words):
        control = next(self.directory.glob("ovs-vswitchd*.ctl"))
        return run("ovs-appctl", "-t", str(control), *words, env=self.env)

    def use_cache(self, used):
        """One packet in `inverse` enters the cache; 100 is the default, 0 means none."""
        inverse = 100 if used else 0
        self.vsctl("set", "Open_vSwitch", ".", f"other_config:emc-insert-inv-prob={inverse}")

    def measure(self, flows, masks):
        pcap = self.directory / "in.pcap"
        write_pcap(pcap, flows)
        self.vsctl("--if-exists", "del-br", "br0", "--", "add-br", "br0", "--",
                   "set", "bridge", "br0", "datapath_type=netdev", "fail_mode=secure",
                   "flow_tables:0=@table", "--",  # no tries: they widen masks as they see fit
                   "--id=@table", "create", "Flow_Table", "prefixes=none")
        listing = self.directory / "rules"
        listing.write_text("\n".join(rules(flows, masks)) + "\n")
        bridge = f"unix:{self.directory}/br0.mgmt"
        run("ovs-ofctl", "add-flows", bridge, str(listing), env=self.env)
        devices = {"sink": "net_null0,no-rx=1",
                   "source": f"net_pcap0,rx_pcap={pcap},infinite_rx=1"}
        for number, name in ((2, "sink"), (1, "source")):
            self.vsctl("add-port", "br0", name, "--", "set", "interface", name, "type=dpdk",
                       f'options:dpdk-devargs="{devices[name]}"', f"ofport_request={number}")
        time.sleep(WARM_UP_S)
        cycles = []
        for _ in range(3):
            self.appctl("dpif-netdev/pmd-stats-clear")
            time.sleep(MEASURE_S / 3)
            text = self.appctl("dpif-netdev/pmd-stats-show")
            found = re.search(r"avg processing cycles per packet: ([0-9.]+)", text)
            if found:
                cycles.append(float(found.group(1)))
        self.check_masks(masks)
        self.vsctl("del-br", "br0")
        return min(cycles) if cycles else None

    def check_masks(self, expected):
        """That the peer has done the job that its figure is for."""
        shown = self.appctl("dpctl/dump-flows", "-m", "netdev@ovs-netdev")
        sources = set(re.findall(r"ipv4\(src=[^,]*", shown))
        masks = {source.partition("/")[2] for source in sources}
        if len(masks) != expected:
            raise RuntimeError(f"{len(masks)} masks of megaflows, not {expected}")

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", action="append",
                        help="FLOWSxMASKS; default: 1x1 1000x1 1000x20")
    cases = parser.parse_args().case or ["1x1", "1000x1", "1000x20"]
    directory = tempfile.mkdtemp(prefix="dpdk-peer-")
    peer = Peer(find_root(), directory)
    try:
        peer.start()
        for case in cases:
            flows, masks = (int(word) for word in case.split("x"))
            for cache in (False, True) if masks > 1 else (True,):
                peer.use_cache(cache)
                cycles = peer.measure(flows, masks)
                name = f"flows={flows},masks={masks}" + (",cache" if cache and masks > 1 else "")
                print(name, cycles if cycles is not None else "none", flush=True)
    except (subprocess.CalledProcessError, RuntimeError, StopIteration) as error:
        log = pathlib.Path(directory) / "vswitchd.log"
        said = log.read_text()[-3000:] if log.exists() else "no log"
        sys.exit(f"the peer failed: {error}\n{said}")
    finally:
        peer.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
