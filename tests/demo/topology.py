"""The demo's machines and cables: network namespaces, veths, one underlay bridge. Starts no switch.

    VM1 VM2        VM3           VM4
     hv1           hv2           kvm1
      +---- underlay bridge ------+
"""
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field

# A 1500-byte inner packet and 50 bytes of VXLAN fit: the netdev datapath does not fragment.
UNDERLAY_MTU = 1600
PHYSICAL_LINK = "Ethernet1"  # of an emulated Hyper-V host; others have eth0
DEADLINE_S = 3


@dataclass(frozen=True)
class Vm:
    """A guest: one NIC, one IPv4 and one IPv6 address."""

    number: int
    network: int = 0  # guests of different networks do not talk

    @property
    def name(self):
        return f"vm{self.number}"

    @property
    def ipv4(self):
        return f"10.0.{self.network}.{self.number}"

    @property
    def ipv6(self):
        return f"fd00:{self.network}::{self.number}"

    @property
    def mac(self):
        return f"02:00:00:00:00:0{self.number}"


@dataclass(frozen=True)
class HostPlan:
    """A host before it exists: its name, its underlay address, its guests."""

    name: str
    number: int
    vms: list = field(default_factory=list)

    @property
    def underlay_ip(self):
        return f"172.31.0.{self.number}"


PLAN = [
    HostPlan("hv1", 1, [Vm(1), Vm(2)]),
    HostPlan("hv2", 2, [Vm(3)]),
    HostPlan("kvm1", 3, [Vm(4)]),
]
HUB, *SPOKES = PLAN
VMS = [vm for plan in PLAN for vm in plan.vms]
# Of an emulated Hyper-V host only, for one scene or two each.
EXTRA_VMS = [Vm(5), Vm(6), Vm(7, network=1), Vm(8, network=2), Vm(9, network=2)]


class Topology:
    """All namespaces of one run. Names begin with `prefix`, so that two runs do not meet."""

    def __init__(self, prefix, emulated=()):
        """`emulated`: the names of hosts that make their VMs' NICs themselves."""
        self.prefix = prefix
        self.emulated = emulated

    def namespace(self, machine):
        return f"{self.prefix}-{machine}"

    def create(self):
        self._add_namespace("underlay")
        self._ip("underlay", "link add underlay type bridge")
        self._up("underlay", "underlay")
        for plan in PLAN:
            self._add_host(plan)
        for vm in EXTRA_VMS if self.emulated else []:
            self._add_namespace(vm.name)

    def _add_host(self, plan):
        self._add_namespace(plan.name)
        physical = PHYSICAL_LINK if plan.name in self.emulated else "eth0"
        self._add_cable(plan.name, physical, "underlay", plan.name)
        self._ip("underlay", f"link set {plan.name} master underlay")
        for end, link in ((plan.name, physical), ("underlay", plan.name)):
            self._up(end, link, UNDERLAY_MTU)
        for vm in plan.vms:
            self._add_vm(plan, vm)

    def _add_vm(self, plan, vm):
        self._add_namespace(vm.name)
        if plan.name in self.emulated:
            return
        self._add_cable(vm.name, "eth0", plan.name, vm.name)
        self._up(plan.name, vm.name)
        self._ip(vm.name, f"link set eth0 address {vm.mac}")
        self._up(vm.name, "eth0")
        self.configure_vm(vm)

    def configure_vm(self, vm):
        """Gives the guest its addresses, once it has its NIC."""
        self._ip(vm.name, f"address add {vm.ipv4}/24 dev eth0")
        # Without duplicate address detection the address serves at once.
        self._ip(vm.name, f"address add {vm.ipv6}/64 dev eth0 nodad")

    def _add_cable(self, machine, link, peer_machine, peer_link):
        peer = self.namespace(peer_machine)
        self._ip(machine, f"link add {link} type veth peer name {peer_link} netns {peer}")
        # A netdev datapath completes no checksums: what enters it must carry them.
        for end, name in ((machine, link), (peer_machine, peer_link)):
            _run(f"ip netns exec {self.namespace(end)} ethtool -K {name} tx off")

    def _add_namespace(self, machine):
        name = self.namespace(machine)
        _run(f"ip netns add {name}")
        # Nobody routes here, and who asks for a router now and then disturbs what is counted.
        for setting in ("router_solicitations", "accept_ra"):
            _run(f"ip netns exec {name} tee /proc/sys/net/ipv6/conf/default/{setting}", "0")
        self._up(machine, "lo")

    def _up(self, machine, link, mtu=None):
        self._ip(machine, f"link set {link} {f'mtu {mtu} ' if mtu else ''}up")

    def _ip(self, machine, arguments):
        _run(f"ip -n {self.namespace(machine)} {arguments}")

    def destroy(self):
        """Ends every process in our namespaces, by its id, then removes the namespaces."""
        namespaces = self._existing()
        _end_processes([pid for name in namespaces for pid in _pids_in(name)])
        for name in namespaces:
            _run(f"ip netns delete {name}")

    def _existing(self):
        listing = _run("ip netns list").split("\n")
        names = [line.split()[0] for line in listing if line]
        return [name for name in names if name.startswith(self.prefix + "-")]


def _pids_in(namespace):
    return [int(pid) for pid in _run(f"ip netns pids {namespace}").split()]


def _end_processes(pids):
    for sign in (signal.SIGTERM, signal.SIGKILL):
        _signal_all(pids, sign)
        deadline = time.monotonic() + DEADLINE_S
        while pids and time.monotonic() < deadline:
            pids = [pid for pid in pids if _is_alive(pid)]
            time.sleep(0.02)


def _signal_all(pids, sign):
    for pid in pids:
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            pass


def _is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _run(command, said=""):
    done = subprocess.run(command.split(), input=said, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{command}: {done.stderr.strip()}")
    return done.stdout
