"""The main job in order: hosts, bridges, tunnels, traffic, flows, statistics; scenes between them.

Each step is a command and a sentence that says what it shows. Knows no namespaces and no processes.
"""
import report
from capture import Recording, judge_wire
from shell import CommandFailed
from topology import HUB, SPOKES, VMS
from traffic import PAIRS, Traffic

TUN_ID = 42
STATISTICS_WAIT_S = 10  # the daemon writes statistics into the database every 5 s
MAX_FLOWS_SHOWN = 12
JUDGED_OF_A_STREAM = 10_000  # packets; a TCP cell carries more than tshark reads in the demo's time


class Story:
    """Needs a stage and the scenes to be played on it; leaves results, and the checks' failures."""

    def __init__(self, stage, scenes):
        self.stage = stage
        self.scenes = scenes
        self.hosts = stage.hosts
        self.hub = stage.hub
        self.narrator = stage.narrator
        self.checks = stage.checks
        self.traffic = Traffic({vm: stage.vm_shell(vm) for vm in VMS})
        self.results = {}

    @property
    def failures(self):
        return self.checks.failures

    def tell(self):
        for host in self.hosts.values():
            self._start(host)
        self.traffic.start_servers()
        self._local_ping()
        self._vxlan_round()
        self._gre_round()
        self._play(self.scenes.at_the_end)
        self.checks.failures += report.failures(self.results)

    def stop(self):
        self.narrator.heading("the end: hosts go down")
        for host in self.hosts.values():
            host.stop()

    def _start(self, host):
        self.narrator.heading(f"{host.plan.name}: {host.description}")
        host.start()
        host.add_bridges()

    def _play(self, scenes):
        for scene in scenes:
            self.narrator.heading(scene.TITLE)
            scene.play(self.stage)

    def _local_ping(self):
        self.narrator.heading("VM1 and VM2: two ports of one bridge")
        self.stage.ping(VMS[0], VMS[1], "hv1 carries packets between its own VMs")

    def _vxlan_round(self):
        self.narrator.heading("VXLAN: one key, given with the tunnel")
        self._add_tunnels("vxlan", "options:key=100")
        wire = self._recording("vxlan")
        self._measure("vxlan", wire)
        with wire.part("flows and statistics"):
            self._show_flows("vxlan")
            self._show_statistics("vxlan")
        judge_wire(self.stage, wire, "vxlan")
        self._play(self.scenes.over_vxlan)
        self._remove_tunnels("vxlan")

    def _gre_round(self):
        self.narrator.heading("GRE: the key is set and matched by flows")
        self._add_tunnels("gre", "options:in_key=flow options:out_key=flow")
        self._tag_with_tun_id("gre")
        wire = self._recording("gre")
        self._measure("gre", wire)
        with wire.part("flows, statistics, TCP dropped and back"):
            self._show_flows("gre")
            self.checks.expect_packets(self.hub.shell, "br-int", f"tun_id={hex(TUN_ID)}",
                                       f"key {TUN_ID} was matched")
            self._show_statistics("gre")
            self._drop_tcp_and_back()
        judge_wire(self.stage, wire, "gre")
        self._remove_tunnels("gre")

    def _add_tunnels(self, kind, options):
        for plan in SPOKES:
            self.hub.add_tunnel(kind, plan, options)
            self.hosts[plan.name].add_tunnel(kind, HUB, options)

    def _remove_tunnels(self, kind):
        for plan in SPOKES:
            self.hub.remove_tunnel(kind, plan)
            self.hosts[plan.name].remove_tunnel(kind, HUB)

    def _tag_with_tun_id(self, kind):
        """Packets of VMs get the id; packets from a tunnel go on only if they carry it."""
        for host in self.hosts.values():
            show = host.shell.show
            tag = f"actions=set_field:{TUN_ID}->tun_id,NORMAL"
            show(f"ovs-ofctl add-flow br-int 'priority=10,{tag}'",
                 f"what leaves by a tunnel carries key {TUN_ID}")
            for peer in SPOKES if host is self.hub else [HUB]:
                tunnel = host.tunnel_name(kind, peer)
                welcome = f"in_port={tunnel},tun_id={TUN_ID}"
                show(f"ovs-ofctl add-flow br-int 'priority=30,{welcome},{tag}'",
                     f"packets with key {TUN_ID} are welcome")
                show(f"ovs-ofctl add-flow br-int priority=20,in_port={tunnel},actions=drop",
                     "others are dropped")

    def _recording(self, kind):
        """Every tunnelled packet passes the hub's cable, there and back where two spokes talk."""
        return Recording(self.stage.underlay, HUB.name, self.stage.folder, kind)

    def _measure(self, kind, wire):
        self.narrator.say(f"measuring {kind.upper()}: pings of all pairs, then TCP by pair ...")
        with wire.part("pings"):
            self.checks.expect(self.traffic.warm_up(),
                               f"{kind}: not every pair answered within the grace")
            results = self.traffic.pings()
        for vm, peer in PAIRS:
            with wire.part(f"TCP {vm.name} - {peer.name}", limit=JUDGED_OF_A_STREAM):
                results[vm, peer, "TCP"] = self.traffic.stream(vm, peer)
        self.results[kind] = results
        self.narrator.say(report.render({kind: results}) + "\n")

    def _show_flows(self, kind):
        self.stage.ping(VMS[0], VMS[2], f"VM1 reaches VM3 on hv2 through {kind.upper()}")
        show = self.hub.shell.show
        show("ovs-ofctl dump-flows br-int", "the OpenFlow rules and what they matched")
        show(f"ovs-appctl dpctl/dump-flows | head -n {MAX_FLOWS_SHOWN}",
             "the flows that the datapath learned from them")

    def _drop_tcp_and_back(self):
        """Last, because it leaves overlapping megaflows behind, whose actions Debian's 3.1 does not
        always change afterwards: a ping then goes on into a tunnel that was removed."""
        show = self.hub.shell.show
        show("ovs-ofctl add-flow br-int tcp,actions=drop", "hv1 drops TCP from now on")
        vm1 = self.stage.vm_shell(VMS[0])
        self.checks.expect_tcp(vm1, VMS[2], works=False, shows="TCP stops")
        self.stage.ping(VMS[0], VMS[2], "ping goes on")
        show("ovs-ofctl del-flows br-int tcp", "the rule is gone")
        self.checks.expect_tcp(vm1, VMS[2], works=True, shows="TCP is back")

    def _show_statistics(self, kind):
        tunnel = self.hub.tunnel_name(kind, SPOKES[0])
        self.hub.shell.must(f"ovs-vsctl --timeout={STATISTICS_WAIT_S} "
                            f"wait-until interface {tunnel} 'statistics:rx_packets>=1'")
        self.hub.shell.show(f"ovs-vsctl get interface {tunnel} statistics",
                            "the database counts what the tunnel carried")

    def complain(self, error):
        """A failed command ends the story, with what the daemons had to say."""
        self.failures.append(str(error))
        for host in self.hosts.values():
            for line in host.log_complaints():
                self.narrator.say(line)


def run(story, keep=False):
    """Tells the story, and ends its hosts unless it keeps them; True if all came as promised."""
    try:
        story.tell()
        if not keep:
            story.stop()
    except CommandFailed as error:
        story.complain(error)
    return not story.failures
