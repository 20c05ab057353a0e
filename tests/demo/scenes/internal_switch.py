"""A switch between VMs and the management OS, with a bridge of its own."""
from topology import EXTRA_VMS

TITLE = "hv1: an internal switch, whose other end is the management OS"
SWITCH, BRIDGE, ADDRESS = "internal", "br-mgmt", "10.0.1.1"


def play(stage):
    hub = stage.hub
    show = hub.shell.show
    vm7 = EXTRA_VMS[2]
    hub.new_switch(SWITCH, "-SwitchType Internal",
                   "a switch with an adapter of the management OS, and no cable")
    show(f"ovs-vsctl add-br {BRIDGE}", "it has a bridge of its own")
    hub.add_host_adapter(BRIDGE, SWITCH)
    show(f"ip address add {ADDRESS}/24 dev vEth-{SWITCH}", "the management OS has an address there")
    hub.add_vm(vm7, SWITCH, BRIDGE)
    show(f"ovs-ofctl add-flow {BRIDGE} priority=9,icmp,actions=NORMAL", "a rule that counts pings")
    stage.checks.expect_ping_soon(hub.shell, vm7.ipv4, "the management OS reaches VM7")
    stage.checks.expect_ping(stage.vm_shell(vm7), ADDRESS, "and VM7 the management OS")
    stage.checks.expect_packets(hub.shell, BRIDGE, "icmp", "all of it through the bridge")
