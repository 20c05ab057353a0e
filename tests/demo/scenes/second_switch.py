"""A second switch of one host: its VMs reach each other, and those of the first switch."""
from topology import EXTRA_VMS, VMS

TITLE = "hv1: a second switch in the same datapath"
SWITCH = "private"


def play(stage):
    hub = stage.hub
    vm5, vm6, *_ = EXTRA_VMS
    hub.new_switch(SWITCH, "-SwitchType Private", "a switch without a cable")
    for vm in (vm5, vm6):
        hub.add_vm(vm, SWITCH, "br-int")
    hub.shell.show("hvemu topology", "two switches")
    ports = hub.shell.show("ovs-dpctl show", "which are one datapath")
    names = [hub.port_name(vm) for vm in (VMS[0], vm5, vm6)]
    stage.checks.expect(all(f": {name}\n" in ports for name in names),
                        f"the datapath has not all of {', '.join(names)}")
    stage.ping_soon(vm5, vm6, "VM5 and VM6 share the private switch")
    stage.ping_soon(vm5, VMS[0], "and reach VM1 on the other one: what connects them is br-int")
