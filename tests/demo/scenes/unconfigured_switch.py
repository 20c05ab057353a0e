"""A switch that has the extension, and of which no bridge knows: it learns addresses."""
from topology import EXTRA_VMS

TITLE = "hv1: a switch nobody configured still connects its VMs"
SWITCH = "plain"


def play(stage):
    hub = stage.hub
    show = hub.shell.show
    vm8, vm9 = EXTRA_VMS[3:]
    hub.new_switch(SWITCH, "-SwitchType Private", "a switch, of which no bridge is told")
    for vm in (vm8, vm9):
        hub.plug_vm(vm, SWITCH)
    extension = show(f"hvemu Get-VMSwitchExtension {SWITCH} --format=json",
                     "the driver runs in it")
    stage.checks.expect('"Running": true' in extension, f"no driver runs in {SWITCH}")
    stage.ping_soon(vm8, vm9, "and connects its VMs by the addresses that it sees")
