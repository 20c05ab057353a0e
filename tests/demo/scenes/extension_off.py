"""The extension of a switch is disabled: the switch forwards by itself, and knows no rules."""
from scenes.second_switch import SWITCH
from topology import EXTRA_VMS

TITLE = "hv1: the extension disabled, and enabled again"


def play(stage):
    vm5, vm6, *_ = EXTRA_VMS
    hub = stage.hub
    show = hub.shell.show
    rule = f"priority=50,icmp,in_port={hub.port_name(vm5)}"
    show(f"ovs-ofctl add-flow br-int {rule},actions=drop", "VM5 must not ping")
    stage.silence(vm5, vm6, "and cannot")
    show(f"hvemu Disable-VMSwitchExtension openvswitch -VMSwitchName {SWITCH}",
         "the switch forwards by itself")
    stage.ping_soon(vm5, vm6, "what it has no rule against")
    hub.enable_extension(SWITCH, "Open vSwitch forwards again")
    stage.silence(vm5, vm6, "by the rule it had")
    show("ovs-ofctl del-flows br-int icmp,in_port=" + hub.port_name(vm5), "the rule is gone")
    stage.ping_soon(vm5, vm6, "VM5 may ping")
