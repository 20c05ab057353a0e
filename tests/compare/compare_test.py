"""Tests of the comparing test: what the normalisation excuses, and what it must not."""
import unittest
from pathlib import Path

import main
from normalise import normalise

COMMANDS = main.read_commands(Path(main.HERE) / "commands.txt")


class Normalisation(unittest.TestCase):
    def assert_same(self, command, one, other):
        self.assertEqual(normalise(command, one), normalise(command, other))

    def assert_different(self, command, one, other):
        self.assertNotEqual(normalise(command, one), normalise(command, other))

    def test_ages_are_excused_and_counters_are_not(self):
        line = " duration={}s, n_packets={}, idle_age=1"
        self.assert_same("ovs-ofctl dump-flows br0", line.format("1.5", 2), line.format("12", 2))
        self.assert_different("ovs-ofctl dump-flows br0", line.format("1.5", 2), line.format("1.5", 3))

    def test_equal_uuids_stay_equal(self):
        one, two = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
        self.assert_same("get", f"{one} {one}", f"{two} {two}")
        self.assert_different("get", f"{one} {one}", f"{one} {two}")

    def test_order_counts_where_it_means_something(self):
        self.assert_different("ovs-vsctl list-br", "a\nb\n", "b\na\n")
        self.assert_same("ovs-ofctl dump-flows br0", "a\nb\n", "b\na\n")

    def test_random_addresses_are_those_of_patch_ports_and_are_addresses(self):
        line = " 7({}): addr:{}"
        one, other, none = "5a:01:02:03:04:05", "ae:05:04:03:02:01", "00:00:00:00:00:00"
        command = "ovs-ofctl show br0"
        self.assert_same(command, line.format("patch-ex", one), line.format("patch-ex", other))
        self.assert_different(command, line.format("patch-ex", one), line.format("patch-ex", none))
        self.assert_different(command, line.format("vm1", one), line.format("vm1", other))

    def test_ports_may_come_in_any_order_but_keep_their_lines(self):
        head, one = "OFPST_PORT reply: 2 ports\n", "  port  1: rx pkts=0\n           tx pkts=0\n"
        two, other = "  port  2: rx pkts=0\n", "  port  1: rx pkts=5\n           tx pkts=0\n"
        command = "ovs-ofctl dump-ports br0"
        self.assert_same(command, head + one + two, head + two + one)
        self.assert_different(command, head + one + two, head + other + two)

    def test_addresses_and_versions_are_excused_only_where_they_are_versions(self):
        self.assert_same("ovs-vsctl --version", "(Open vSwitch) 3.1.0", "(Open vSwitch) 3.7.1")
        self.assert_different("ovs-ofctl dump-flows br0", "nw_src=10.0.0.1", "nw_src=10.0.0.2")


class Lists(unittest.TestCase):
    def test_every_command_belongs_to_a_passage(self):
        self.assertTrue(all(passage for passage, _ in COMMANDS))
        self.assertGreater(len(COMMANDS), 90)

    def test_a_difference_is_reported_under_its_command(self):
        found = main.differences(COMMANDS[:2], [["a"], ["b"]], [["a"], ["c"]])
        self.assertEqual(list(found), [COMMANDS[1][1]])

    def test_a_difference_fails_unless_it_is_known(self):
        self.assertEqual(main.judge(["a", "b"], {"a": "diff"}, {"a": "because"}), 0)
        self.assertEqual(main.judge(["a", "b"], {"b": "diff"}, {}), 1)

    def test_known_differences_belong_to_a_side(self):
        path = Path(main.HERE) / "known_differences.txt"
        daemons, tools = main.read_known(path, {"daemons"}), main.read_known(path, {"tools"})
        self.assertFalse(set(daemons) & set(tools))
        self.assertLessEqual(set(daemons) | set(tools), {command for _, command in COMMANDS})

    def test_tools_and_daemons_are_chosen_apart(self):
        options = main.parse_arguments(["--daemons=ours", "--tools=debian"])
        makers = main.compared_makers(options)
        self.assertEqual((makers["ovs-vswitchd"], makers["ovs-vsctl"]), ("ours", "debian"))


if __name__ == "__main__":
    unittest.main()
