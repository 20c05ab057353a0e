"""Tests of the demo's pure parts: choices, what ping and iperf3 say, the table.

./demo itself is the test of the rest.
"""
import io
import json
import os
import tempfile
import unittest
import unittest.mock
from pathlib import Path
from types import SimpleNamespace

import checks
import hyperv_host
import main
import programs
import report
import scenes
import topology
from scenes import daemon_killed
from shell import CommandFailed, Narrator
from traffic import PAIRS, Cell, ping_cell, tcp_cell


class Choices(unittest.TestCase):
    def test_a_maker_alone_covers_every_program(self):
        self.assertEqual(set(programs.parse_choice("ours").values()), {"ours"})

    def test_a_later_item_overrules_an_earlier_one(self):
        makers = programs.parse_choice("debian,tools=ours,ovs-ofctl=debian")
        self.assertEqual(makers["ovs-vsctl"], "ours")
        self.assertEqual(makers["ovs-ofctl"], "debian")
        self.assertEqual(makers["ovsdb-server"], "debian")

    def test_built_is_ours_where_there_is_one(self):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "bin" / "ovs-vsctl"
            program.parent.mkdir()
            program.touch(mode=0o755)
            with unittest.mock.patch.dict(os.environ, {"OVS_BUILD": folder}):
                makers = programs.parse_choice("built")
        self.assertEqual((makers["ovs-vsctl"], makers["ovs-ofctl"]), ("ours", "debian"))

    def test_an_unknown_maker_or_program_is_refused_by_name(self):
        for text in ("theirs", "kernel=ours"):
            with self.assertRaisesRegex(programs.BadChoice, text.partition("=")[0]):
                programs.parse_choice(text)

    def test_a_part_option_leaves_the_peer_alone(self):
        chosen = main.choices(main.parse_arguments(["--kvm1=debian", "--database=ours"]))
        self.assertEqual(chosen["kvm1"]["ovsdb-server"], "debian")

    def test_a_host_option_outweighs_a_part_option(self):
        chosen = main.choices(main.parse_arguments(["--database=ours", "--hv1=debian"]))
        self.assertEqual(chosen["hv1"]["ovsdb-server"], "debian")
        self.assertEqual(chosen["hv2"]["ovsdb-server"], "ours")

    def test_the_shipped_driver_is_what_is_shown(self):
        self.assertEqual(main.parse_arguments([]).driver, "sys")
        self.assertEqual(main.parse_arguments(["--driver", "elf"]).driver, "elf")

    def test_a_mixed_choice_is_described_by_what_is_ours(self):
        self.assertEqual(programs.describe(programs.parse_choice("debian,database=ours")),
                         "debian, but ours: ovsdb-server")


class Measurements(unittest.TestCase):
    SUMMARY = "50 packets transmitted, {} received, 0% packet loss, time 980ms\n"

    def test_all_answers_make_a_good_cell(self):
        self.assertEqual(ping_cell(self.SUMMARY.format(50)), Cell("lost 0/50", good=True))

    def test_one_lost_ping_makes_a_bad_cell(self):
        self.assertEqual(ping_cell(self.SUMMARY.format(49)), Cell("lost 1/50", good=False))

    def test_no_summary_is_not_success(self):
        self.assertFalse(ping_cell("ping: connect: Network is unreachable\n").good)

    def test_tcp_counts_what_the_receiver_got(self):
        output = '{"end": {"sum_received": {"bits_per_second": 1250000000.0}}}'
        self.assertEqual(tcp_cell(output), Cell("1.25 Gbit/s", good=True))

    def test_tcp_without_a_receiver_is_bad(self):
        idle = '{"end": {"sum_received": {"bits_per_second": 0}}}'
        for output in ('{"error": "unable to connect"}', "", idle):
            self.assertFalse(tcp_cell(output).good)

    def test_packets_of_a_flow_are_read_from_its_line(self):
        line = " cookie=0x0, n_packets=17, n_bytes=1 actions=drop"
        self.assertEqual(checks.packet_count(line), 17)


class Table(unittest.TestCase):
    def setUp(self):
        good = Cell("x", good=True)
        keys = [(vm, peer, kind) for vm, peer in PAIRS for kind in report.KINDS]
        self.results = {"gre": dict.fromkeys(keys, good)}

    def test_every_pair_has_a_row(self):
        rows = report.render(self.results).splitlines()[2:]
        expected = [f"{vm.name} - {peer.name}" for vm, peer in PAIRS]
        self.assertEqual([row.split("  ")[0] for row in rows], expected)

    def test_a_bad_cell_is_named(self):
        vm, peer = PAIRS[0]
        self.results["gre"][vm, peer, "TCP"] = Cell("no traffic", good=False)
        self.assertEqual(report.failures(self.results), ["gre vm1 - vm2 TCP: no traffic"])


class Scenes(unittest.TestCase):
    def test_hosts_that_are_no_hyperv_hosts_say_what_is_left_out(self):
        out = io.StringIO()
        stage = SimpleNamespace(narrator=Narrator(out))
        left_out = scenes.chosen(False)
        for scene in (*left_out.over_vxlan, *left_out.at_the_end):
            scene.play(stage)
        self.assertEqual(out.getvalue().count("skipped"), 7)

    def test_what_an_emulated_host_reports_is_a_failure(self):
        plan = topology.PLAN[0]
        with tempfile.TemporaryDirectory() as folder:
            host = hyperv_host.HypervHost(plan, {}, Path(folder), topology.Topology("x"), None, None)
            (Path(folder) / "log").mkdir()
            report_file = Path(folder) / "log" / "hvemu.report"
            report_file.write_text("", encoding="utf-8")
            host.require_no_report()
            report_file.write_text("==1==ERROR: AddressSanitizer: use after free", encoding="utf-8")
            with self.assertRaisesRegex(CommandFailed, "hv1: .*\n.*use after free"):
                host.require_no_report()

    def test_seconds_without_traffic_are_seen(self):
        sums = [{"seconds": 1, "bits_per_second": 5}, {"seconds": 1.01, "bits_per_second": 0},
                {"seconds": 0.0003, "bits_per_second": 0}]
        output = json.dumps({"intervals": [{"sum": each} for each in sums]})
        self.assertEqual(daemon_killed.rates_of(output), [5, 0])
        self.assertEqual(daemon_killed.rates_of("no JSON"), [])

    def test_counters_are_the_sums_of_all_ports(self):
        text = "lookups: hit:9 missed:2 lost:1\n RX dropped:3 ...\n TX dropped:4 aborted:?\n"
        self.assertEqual(str(daemon_killed.counters_of(text)), "2 missed, 1 lost, 7 dropped")


class Narration(unittest.TestCase):
    def test_quiet_keeps_headings_and_drops_commands(self):
        out = io.StringIO()
        narrator = Narrator(out, quiet=True)
        narrator.heading("title")
        narrator.command("hv1", "ovs-vsctl show", "text")
        narrator.shows("a thing")
        self.assertEqual(out.getvalue(), "\n=== title ===\n\n")


if __name__ == "__main__":
    unittest.main()
