"""An emulated Hyper-V host of the demo: hvemu with a driver, and above it the chosen daemons.

Commands go as the founding document of Open vSwitch for Hyper-V has them: its cmdlets are hvemu's.
"""
import os
from pathlib import Path

import programs
from host import NamespaceHost
from topology import PHYSICAL_LINK

DRIVERS = {"elf": "driver/openvswitch.so", "sys": "driver/clang/openvswitch.sys"}
SWITCH = "external"
HOST_ADAPTER = f"vEthernet ({SWITCH})"
HOST_LINK = f"vEth-{SWITCH}"


def driver_path(kind):
    """The built driver; BadChoice if this checkout has none."""
    build = Path(os.environ.get("OVS_BUILD", programs.CHECKOUT / "build" / "linux"))
    path = build / DRIVERS[kind]
    if not path.is_file():
        raise programs.BadChoice(f"--driver={kind}: {path} is not built")
    return path


class HypervHost(NamespaceHost):
    """The same members as NamespaceHost; VMs' NICs are made by the host, not by the topology."""

    def __init__(self, plan, makers, folder, topology, narrator, driver):
        self.topology = topology
        self.driver = driver
        super().__init__(plan, makers, folder, topology.namespace(plan.name), narrator)

    @property
    def description(self):
        return (f"an emulated Hyper-V host, driver {self.driver.name}, programs: "
                f"{programs.describe(self.makers)}")

    def _environment(self):
        folder = self.folder / "hyperv"
        return {**super()._environment(), "HVEMU_DIR": str(folder),
                "OVS_DEVICE": str(folder / "device")}

    def prepare(self):
        super().prepare()
        programs.link_program("hvemu", "ours", self.folder / "bin")

    def start(self):
        show = self.shell.show
        show(f"hvemu host --driver={self.driver} --detach --pidfile -vconsole:off --log-file "
             "> $OVS_LOGDIR/hvemu.report 2>&1",
             "a Hyper-V host is up, with Open vSwitch's driver in it")
        show(f"hvemu New-VMSwitch {SWITCH} -AllowManagementOS '$true' "
             f"-NetAdapterName {PHYSICAL_LINK}",
             "its switch has the physical NIC and an adapter of the management OS")
        show(f"hvemu Enable-VMSwitchExtension openvswitch -VMSwitchName {SWITCH}",
             "the driver forwards what the switch carries")
        super().start()

    def add_bridges(self):
        self._add_external_bridge()
        self.shell.show("ovs-vsctl add-br br-int", "the bridge of the VMs exists")
        for vm in self.plan.vms:
            self._add_vm(vm)
        show = self.shell.show
        show("hvemu topology", "who is plugged in where")
        show("ovs-vsctl show", f"{self.plan.name}'s configuration, as the database holds it")

    def _add_external_bridge(self):
        show = self.shell.show
        show(f"ovs-vsctl add-br br-ex -- add-port br-ex {PHYSICAL_LINK} "
             f"-- add-port br-ex '{HOST_ADAPTER}' -- set interface '{HOST_ADAPTER}' type=internal",
             "the physical NIC and the management OS's adapter are ports of br-ex")
        show(f"ip address add {self.plan.underlay_ip}/24 dev {HOST_LINK}",
             "the management OS owns the host's underlay address")
        show(f"echo 1 > /proc/sys/net/ipv4/conf/{PHYSICAL_LINK}/rp_filter",
             "Linux, which sees the NIC's frames too, leaves them to the switch")

    def _add_vm(self, vm):
        show = self.shell.show
        port = f"port{vm.number}"
        show(f"ovs-vsctl add-port br-int {port}", f"a port waits for {vm.name}'s NIC")
        show(f"hvemu Add-VMNetworkAdapter {vm.name} --namespace {self.topology.namespace(vm.name)} "
             f"-StaticMacAddress {vm.mac}",
             f"{vm.name} has a NIC")
        show(f"hvemu Connect-VMNetworkAdapter {vm.name} -SwitchName {SWITCH}",
             "it is plugged into the switch")
        show(f"hvemu Set-VMNetworkAdapterOVSPort {vm.name} -OVSPortName {port}",
             f"and is {port} of br-int")
        self.topology.configure_vm(vm)

    def add_tunnel(self, kind, peer, options):
        name = self.tunnel_name(kind, peer)
        show = self.shell.show
        show(f"ovs-vsctl add-port br-int {name}", f"a port for {peer.name} exists")
        show(f"ovs-vsctl set Interface {name} type={kind}", f"it is a {kind.upper()} tunnel")
        show(f"ovs-vsctl set Interface {name} options:local_ip={self.plan.underlay_ip} "
             f"options:remote_ip={peer.underlay_ip} {options}", f"which leads to {peer.name}")

