"""The founding document's own form: physical NIC, management OS, tunnels and VMs in one bridge.

Its rules keep the underlay (NIC and management OS) and the overlay (VMs and tunnels) apart. VM1 has
a VXLAN tunnel, VM2 a GRE tunnel, both lead to kvm1.
"""
from dataclasses import dataclass

from capture import Recording, judge_wire
from hyperv_host import HOST_ADAPTER, SWITCH
from topology import HUB, PLAN, VMS

TITLE = "hv1: one bridge for all"
PEER, PEER_VM = PLAN[-1], VMS[-1]


@dataclass(frozen=True)
class Overlay:
    """One VM, and the tunnel that it has for itself."""

    vm: object
    kind: str
    key: int

    @property
    def tunnel(self):
        return f"{self.kind}-1"


OVERLAYS = (Overlay(VMS[0], "vxlan", 7), Overlay(VMS[1], "gre", 8))


def play(stage):
    _one_bridge(stage.hub)
    for overlay in OVERLAYS:
        stage.hub.add_tunnel_port("br0", overlay.tunnel, overlay.kind, PEER,
                                  "options:in_key=flow options:out_key=flow")
    _rules(stage.hub)
    _other_end(stage.hosts[PEER.name])
    for overlay in OVERLAYS:
        wire = Recording(stage.underlay, HUB.name, stage.folder, f"single-{overlay.kind}")
        with wire.part("pings"):
            stage.ping_soon(overlay.vm, PEER_VM, f"through {overlay.kind.upper()}, from one bridge")
        judge_wire(stage, wire, overlay.kind)
    stage.checks.expect_packets(stage.hub.shell, "br0", "in_port", "every rule was needed")


def _one_bridge(hub):
    show = hub.shell.show
    show("ovs-vsctl del-br br-int -- del-br br-ex", "the two bridges are gone")
    show("ovs-vsctl add-br br0", "there is one")
    show("ovs-ofctl del-flows br0", "which forwards nothing but by rules")
    show(f"ovs-vsctl add-port br0 {SWITCH}", "the switch's physical NIC is a port of it")
    hub.add_host_adapter("br0", SWITCH)
    for overlay in OVERLAYS:
        port = hub.port_name(overlay.vm)
        show(f"ovs-vsctl add-port br0 {port}", f"so is {overlay.vm.name}, still called {port}")


def _rules(hub):
    show = hub.shell.show
    show(f"ovs-ofctl add-flow br0 'in_port={SWITCH},actions=output:\"{HOST_ADAPTER}\"'",
         "what comes by cable is for the management OS, tunnels end there")
    show(f"ovs-ofctl add-flow br0 'in_port=\"{HOST_ADAPTER}\",actions=output:{SWITCH}'",
         "what it sends, tunnelled packets among it, leaves by cable")
    for overlay in OVERLAYS:
        port, tunnel, key = hub.port_name(overlay.vm), overlay.tunnel, overlay.key
        show(f"ovs-ofctl add-flow br0 "
             f"'in_port={port},actions=set_field:{key}->tun_id,output:{tunnel}'",
             f"{overlay.vm.name} sees its tunnel and nothing else")
        show(f"ovs-ofctl add-flow br0 'in_port={tunnel},tun_id={key},actions=output:{port}'",
             "which sees it alone")


def _other_end(peer):
    peer.shell.show("ovs-ofctl del-flows br-int && ovs-ofctl add-flow br-int actions=NORMAL",
                    f"{PEER.name}'s bridge is an ordinary switch again")
    for overlay in OVERLAYS:
        peer.add_tunnel(overlay.kind, HUB, f"options:key={overlay.key}")
