"""A VM's adapter gets another name under traffic; one is pulled out and plugged in again."""
from shell import finish
from topology import VMS
from traffic import ping_command, received

TITLE = "hv1: an adapter renamed, another plugged anew, live"
SWITCH = "external"
PINGS, INTERVAL_S, END_S = 100, 0.02, 20


def play(stage):
    _rename_under_traffic(stage, VMS[0], VMS[1])
    _plug_anew(stage, VMS[0], VMS[1])


def _rename_under_traffic(stage, vm, peer):
    shell = stage.vm_shell(vm)
    command = ping_command(peer.ipv4, PINGS, INTERVAL_S)
    pinging = shell.start(command)
    show = stage.hub.shell.show
    show(f"hvemu Rename-VMNetworkAdapter {vm.name} -NewName Front", "its adapter has another name")
    adapters = show(f"hvemu Get-VMNetworkAdapter {vm.name}")
    stage.checks.expect("Front" in adapters, f"{vm.name}'s adapter is not called Front")
    _, output = finish(pinging, END_S)
    stage.narrator.command(vm.name, command, output)
    stage.narrator.shows("no ping was lost meanwhile")
    stage.checks.expect(received(output) == (PINGS, PINGS), f"renaming {vm.name}'s adapter: {output}")


def _plug_anew(stage, vm, peer):
    hub = stage.hub
    show = hub.shell.show
    port = hub.port_name(peer)
    number = show(f"ovs-vsctl get interface {port} ofport", f"{port}'s number in OpenFlow")
    show(f"hvemu Disconnect-VMNetworkAdapter {peer.name}", f"{peer.name} is pulled out")
    stage.silence(vm, peer, f"{vm.name} does not reach it")
    hub.connect_vm(peer, SWITCH, "it is plugged in again")
    stage.ping_soon(vm, peer, "and is reached")
    again = show(f"ovs-vsctl get interface {port} ofport", f"as {port}, with the number it had")
    stage.checks.expect(again == number, f"{port} had number {number}, and has {again}")
