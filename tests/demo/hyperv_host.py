"""An emulated Hyper-V host of the demo: hvemu with a driver, and above it the chosen daemons.

Commands go as the founding document of Open vSwitch for Hyper-V has them: its cmdlets are hvemu's.
"""
import os
import time
from dataclasses import dataclass
from pathlib import Path

import programs
from host import NamespaceHost
from shell import CommandFailed
from topology import PHYSICAL_LINK

SWITCH = "external"
HOST_ADAPTER = f"vEthernet ({SWITCH})"
HOST_LINK = f"vEth-{SWITCH}"
END_S = 20  # to unload the driver, and for a sanitizer to look for leaks


@dataclass(frozen=True)
class Driver:
    """A driver's image, and the hvemu that loads it."""

    image: Path
    hvemu: Path
    phrase: str


def built_driver(kind):
    """The Driver of --driver=kind; BadChoice if this checkout has none."""
    if kind == "elf":
        build = Path(os.environ.get("OVS_ASAN_BUILD", programs.CHECKOUT / "build" / "asan"))
        found = Driver(build / "driver/openvswitch.so", build / "bin/hvemu",
                       "the driver as a shared object, host and driver under ASan and UBSan")
    else:
        build = programs.build_folder()
        found = Driver(build / "driver/clang/openvswitch.sys", build / "bin/hvemu",
                       "driver openvswitch.sys")
    for path in (found.image, found.hvemu):
        if not path.is_file():
            raise programs.BadChoice(f"--driver={kind}: {path} is not built")
    return found


class HypervHost(NamespaceHost):
    """The same members as NamespaceHost, and switches and VMs that come and go.

    VMs' NICs are made by the host, not by the topology.
    """

    def __init__(self, plan, makers, folder, topology, narrator, driver):
        self.topology = topology
        self.driver = driver
        super().__init__(plan, makers, folder, topology.namespace(plan.name), narrator)

    @property
    def description(self):
        return (f"an emulated Hyper-V host, {self.driver.phrase}; programs: "
                f"{programs.describe(self.makers)}")

    def _environment(self):
        folder = self.folder / "hyperv"
        return {**super()._environment(), "HVEMU_DIR": str(folder),
                "OVS_DEVICE": str(folder / "device")}

    def prepare(self):
        super().prepare()
        (self.folder / "bin" / "hvemu").symlink_to(self.driver.hvemu)
        programs.link_program("ovs-dpctl", "ours", self.folder / "bin")

    # --- the founding document's order: daemons, switch, bridges and ports, then VMs

    def start(self):
        self.shell.show(
            f"hvemu host --driver={self.driver.image} --detach --pidfile -vconsole:off --log-file "
            "> $OVS_LOGDIR/hvemu.report 2>&1",
            "a Hyper-V host is up, with Open vSwitch's driver in it")
        super().start()
        self.new_switch(SWITCH, f"-AllowManagementOS '$true' -NetAdapterName {PHYSICAL_LINK}",
                        "its switch has the physical NIC and an adapter of the management OS")

    def new_switch(self, name, parameters, shows):
        show = self.shell.show
        show(f"hvemu New-VMSwitch {name} {parameters}", shows)
        self.enable_extension(name, "the driver forwards what the switch carries")

    def enable_extension(self, switch, shows):
        self.shell.show(f"hvemu Enable-VMSwitchExtension openvswitch -VMSwitchName {switch}", shows)

    def add_bridges(self):
        self._add_external_bridge()
        self.shell.show("ovs-vsctl add-br br-int", "the bridge of the VMs exists")
        for vm in self.plan.vms:
            self.add_vm(vm, SWITCH, "br-int")
        show = self.shell.show
        show("hvemu topology", "who is plugged in where")
        show("ovs-vsctl show", f"{self.plan.name}'s configuration, as the database holds it")

    def _add_external_bridge(self):
        show = self.shell.show
        show("ovs-vsctl add-br br-ex", "the bridge of the physical network exists")
        show(f"ovs-vsctl add-port br-ex {PHYSICAL_LINK}", "the physical NIC is a port of it")
        self.add_host_adapter("br-ex", SWITCH)
        self._own_underlay_address()

    def add_host_adapter(self, bridge, switch):
        adapter = f"vEthernet ({switch})"
        self.shell.show(
            f"ovs-vsctl add-port {bridge} '{adapter}' -- set interface '{adapter}' type=internal",
            "and so is the management OS's adapter")

    def _own_underlay_address(self):
        show = self.shell.show
        show(f"ip address add {self.plan.underlay_ip}/24 dev {HOST_LINK}",
             "the management OS owns the host's underlay address")
        show(f"echo 1 > /proc/sys/net/ipv4/conf/{PHYSICAL_LINK}/rp_filter",
             "Linux, which sees the NIC's frames too, leaves them to the switch")

    def add_vm(self, vm, switch, bridge):
        """The port of `bridge` comes first, and waits for the NIC that gets its name."""
        port = self.port_name(vm)
        self.shell.show(f"ovs-vsctl add-port {bridge} {port}", f"a port waits for {vm.name}'s NIC")
        self.plug_vm(vm, switch)
        self.shell.show(f"hvemu Get-VMNetworkAdapter {vm.name} --format=json | "
                        f"hvemu Set-VMNetworkAdapterOVSPort -OVSPortName {port}",
                        f"and is {port} of {bridge}")

    def plug_vm(self, vm, switch):
        show = self.shell.show
        show(f"hvemu Add-VMNetworkAdapter {vm.name} --namespace {self.topology.namespace(vm.name)} "
             f"-StaticMacAddress {vm.mac}",
             f"{vm.name} has a NIC")
        self.connect_vm(vm, switch, f"it is plugged into the switch {switch}")
        self.topology.configure_vm(vm)

    def connect_vm(self, vm, switch, shows):
        self.shell.show(f"hvemu Connect-VMNetworkAdapter {vm.name} -SwitchName {switch}", shows)

    @staticmethod
    def port_name(vm):
        return f"port{vm.number}"

    def add_tunnel(self, kind, peer, options):
        self.add_tunnel_port("br-int", self.tunnel_name(kind, peer), kind, peer, options)

    def add_tunnel_port(self, bridge, name, kind, peer, options):
        show = self.shell.show
        show(f"ovs-vsctl add-port {bridge} {name}", f"a port for {peer.name} exists")
        show(f"ovs-vsctl set Interface {name} type={kind}", f"it is a {kind.upper()} tunnel")
        ends = f"options:local_ip={self.plan.underlay_ip} options:remote_ip={peer.underlay_ip}"
        for option in f"{ends} {options}".split():
            show(f"ovs-vsctl set Interface {name} {option}")
        self.narrator.shows(f"which leads to {peer.name}")

    # --- its end

    def stop(self):
        """The daemons and the host end; CommandFailed if the host has anything to report."""
        show = self.shell.show
        show("ovs-appctl exit", "the switch ends")
        show("ovs-appctl -t ovsdb-server exit", "and so does the database")
        pid = self.shell.must("cat $OVS_RUNDIR/hvemu.pid").strip()
        show("ovs-appctl -t $HVEMU_DIR/hvemu.ctl exit",
             "the Hyper-V host goes down: the driver is unloaded and must leave nothing")
        self._await_end(pid)
        self.require_no_report()

    def _await_end(self, pid):
        deadline = time.monotonic() + END_S
        while Path(f"/proc/{pid}").exists():
            if time.monotonic() > deadline:
                raise CommandFailed(f"{self.plan.name}: hvemu still runs {END_S} s after its end")
            time.sleep(0.05)

    def require_no_report(self):
        """What the host says where a rule is broken, or a sanitizer finds something."""
        if report := self.report():
            raise CommandFailed(f"{self.plan.name}: its Hyper-V host reports:\n{report}")

    def report(self):
        path = self.folder / "log" / "hvemu.report"
        return path.read_text(errors="replace").strip() if path.exists() else ""

    def log_complaints(self):
        return [*super().log_complaints(), *self.report().splitlines()]
