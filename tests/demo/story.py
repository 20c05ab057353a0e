"""The main job, told in order: hosts, bridges, tunnels, traffic, flows, statistics.

Each step is a command and a sentence that says what it shows. Knows no namespaces and no processes.
"""
import re

import report
from capture import Recording
from shell import CommandFailed
from topology import HUB, SPOKES, VMS
from traffic import PAIRS, Traffic, ping_command, received

TUN_ID = 42
STATISTICS_WAIT_S = 10  # the daemon writes statistics into the database every 5 s
MAX_FLOWS_SHOWN = 12
JUDGED_OF_A_STREAM = 10_000  # packets; a TCP cell carries more than tshark reads in the demo's time


class Story:
    """Needs hosts, VM shells, the underlay's shell and a folder; leaves results and failures."""

    def __init__(self, hosts, vm_shells, underlay, folder, narrator):
        self.hosts = hosts
        self.underlay = underlay
        self.folder = folder
        self.hub = hosts[HUB.name]
        self.vm_shells = vm_shells
        self.narrator = narrator
        self.traffic = Traffic(vm_shells)
        self.results = {}
        self.failures = []

    def tell(self):
        for host in self.hosts.values():
            self._start(host)
        self.traffic.start_servers()
        self._local_ping()
        self._vxlan_round()
        self._gre_round()
        self.failures += report.failures(self.results)

    def _start(self, host):
        self.narrator.heading(f"{host.plan.name}: {host.description}")
        host.start()
        host.add_bridges()

    def _local_ping(self):
        self.narrator.heading("VM1 and VM2: two ports of one bridge")
        self._expect_ping(VMS[0], VMS[1].ipv4, "hv1 carries packets between its own VMs")

    def _vxlan_round(self):
        self.narrator.heading("VXLAN: one key, given with the tunnel")
        self._add_tunnels("vxlan", "options:key=100")
        wire = self._recording("vxlan")
        self._measure("vxlan", wire)
        with wire.part("flows and statistics"):
            self._show_flows("vxlan")
            self._show_statistics("vxlan")
        self._judge("vxlan", wire)
        self._remove_tunnels("vxlan")

    def _gre_round(self):
        self.narrator.heading("GRE: the key is set and matched by flows")
        self._add_tunnels("gre", "options:in_key=flow options:out_key=flow")
        self._tag_with_tun_id("gre")
        wire = self._recording("gre")
        self._measure("gre", wire)
        with wire.part("flows, statistics, TCP dropped and back"):
            self._show_flows("gre")
            self._require_tun_id_matched()
            self._show_statistics("gre")
            self._drop_tcp_and_back()
        self._judge("gre", wire)

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
        return Recording(self.underlay, HUB.name, self.folder, kind)

    def _measure(self, kind, wire):
        self.narrator.say(f"measuring {kind.upper()}: pings of all pairs, then TCP by pair ...")
        with wire.part("pings"):
            if not self.traffic.warm_up():
                self.failures.append(f"{kind}: not every pair answered within the grace")
            results = self.traffic.pings()
        for vm, peer in PAIRS:
            with wire.part(f"TCP {vm.name} - {peer.name}", limit=JUDGED_OF_A_STREAM):
                results[vm, peer, "TCP"] = self.traffic.stream(vm, peer)
        self.results[kind] = results
        self.narrator.say(report.render({kind: results}) + "\n")

    def _judge(self, kind, wire):
        verdict = wire.verdict(kind)
        self.narrator.command("underlay", wire.command(), f"{verdict}\n")
        self.narrator.shows("another implementation reads all that the tunnels carry")
        if not verdict.good:
            self.failures.append(f"{kind} on the wire: {verdict}")

    def _show_flows(self, kind):
        self._expect_ping(VMS[0], VMS[2].ipv4, f"VM1 reaches VM3 on hv2 through {kind.upper()}")
        show = self.hub.shell.show
        show("ovs-ofctl dump-flows br-int", "the OpenFlow rules and what they matched")
        show(f"ovs-appctl dpctl/dump-flows | head -n {MAX_FLOWS_SHOWN}",
             "the flows that the datapath learned from them")

    def _drop_tcp_and_back(self):
        """Last, because it leaves overlapping megaflows behind, whose actions Debian's 3.1 does not
        always change afterwards: a ping then goes on into a tunnel that was removed."""
        show = self.hub.shell.show
        show("ovs-ofctl add-flow br-int tcp,actions=drop", "hv1 drops TCP from now on")
        self._expect_tcp(VMS[0], VMS[2], works=False, shows="TCP stops")
        self._expect_ping(VMS[0], VMS[2].ipv4, "ping goes on")
        show("ovs-ofctl del-flows br-int tcp", "the rule is gone")
        self._expect_tcp(VMS[0], VMS[2], works=True, shows="TCP is back")

    def _require_tun_id_matched(self):
        dump = self.hub.shell.must("ovs-ofctl dump-flows br-int")
        rows = [line for line in dump.splitlines() if f"tun_id={hex(TUN_ID)}" in line]
        if not rows or not all(packet_count(row) > 0 for row in rows):
            self.failures.append("gre: no packet matched tun_id")

    def _show_statistics(self, kind):
        tunnel = self.hub.tunnel_name(kind, SPOKES[0])
        self.hub.shell.must(f"ovs-vsctl --timeout={STATISTICS_WAIT_S} "
                            f"wait-until interface {tunnel} 'statistics:rx_packets>=1'")
        self.hub.shell.show(f"ovs-vsctl get interface {tunnel} statistics",
                            "the database counts what the tunnel carried")

    def _expect_ping(self, vm, address, shows):
        command = ping_command(address, count=3, interval_s=0.2)
        status, output = self.vm_shells[vm].show_any(command, shows)
        sent, answered = received(output)
        if status != 0 or sent != answered:
            self.failures.append(f"{vm.name}: ping {address} lost {sent - answered}/{sent}")

    def _expect_tcp(self, vm, peer, works, shows):
        # Less than a second: no time for a second SYN.
        command = f"iperf3 -c {peer.ipv4} -n 100K --connect-timeout 900"
        status, output = self.vm_shells[vm].run(command)
        self.narrator.command(vm.name, command, output)
        if (status == 0) != works:
            outcome = "failed" if works else "went through"
            self.failures.append(f"{vm.name}: TCP to {peer.name} {outcome}")
        else:
            self.narrator.shows(shows)

    def complain(self, error):
        """A failed command ends the story, with what the daemons had to say."""
        self.failures.append(str(error))
        for host in self.hosts.values():
            for line in host.log_complaints():
                self.narrator.say(line)


def packet_count(flow_line):
    found = re.search(r"n_packets=(\d+)", flow_line)
    return int(found[1]) if found else 0


def run(story):
    """Tells the story; True if everything it promised happened."""
    try:
        story.tell()
    except CommandFailed as error:
        story.complain(error)
    return not story.failures
