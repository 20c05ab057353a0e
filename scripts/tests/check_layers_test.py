"""Tests of check_layers: rows of the include table, one by one, and the program."""
import unittest

from tree_case import TreeCase, load

layers = load("check_layers")


class Table(unittest.TestCase):
    def allows(self, path, quote, header):
        self.assertIsNone(layers.problem_with(path, quote, header))

    def refuses(self, path, quote, header):
        self.assertIsNotNone(layers.problem_with(path, quote, header))

    def test_freestanding_folders_take_core_headers_only(self):
        self.allows("base/core/result.h", "<", "type_traits")
        self.refuses("base/core/result.h", "<", "vector")
        self.refuses("datapath/table/table.cc", "<", "atomic")

    def test_direction_goes_from_datapath_to_base(self):
        self.allows("datapath/port/port.h", '"', "flow/match/key.h")
        self.refuses("flow/match/key.h", '"', "datapath/port/port.h")

    def test_the_switch_never_sees_the_engine(self):
        self.refuses("vswitch/bridge/bridge.cc", '"', "datapath/port/port.h")
        self.refuses("vswitch/bridge/bridge.cc", '"', "userdp/switch.h")
        self.refuses("vswitch/bridge/bridge.cc", '"', "ovsdb/engine/server.h")
        self.allows("vswitch/bridge/bridge.cc", '"', "ovsdb/client/replica.h")

    def test_the_folders_of_the_switch_have_a_direction(self):
        self.allows("vswitch/backer/backer.h", '"', "vswitch/translate/translation.h")
        self.refuses("vswitch/translate/translator.h", '"', "vswitch/backer/backer.h")
        self.refuses("vswitch/tables/view.h", '"', "vswitch/translate/effects.h")
        self.refuses("vswitch/connmgr/connection.h", '"', "vswitch/ofproto/ofproto.h")
        self.refuses("vswitch/ofproto/ofproto.h", '"', "ovsdb/client/replica.h")

    def test_libraries_of_the_net_stay_in_sources(self):
        self.allows("daemon/stream/system_network.cc", "<", "asio.hpp")
        self.refuses("daemon/stream/system_network.h", "<", "asio/ip/tcp.hpp")

    def test_internal_headers_are_for_sources_of_their_folder(self):
        self.allows("daemon/run/timer.cc", '"', "daemon/run/loop_impl.h")
        self.refuses("daemon/run/loop.h", '"', "daemon/run/loop_impl.h")
        self.refuses("ovsdb/client/replica.cc", '"', "daemon/run/loop_impl.h")

    def test_text_forms_of_flow_are_hosted(self):
        self.allows("flow/match/match_text.cc", "<", "string")
        self.refuses("flow/match/match.cc", "<", "string")

    def test_a_unit_test_may_use_the_fakes_and_doctest(self):
        self.allows("flow/match/key_test.cc", '"', "platform/fake/memory.h")
        self.allows("flow/match/key_test.cc", "<", "doctest/doctest.h")
        self.refuses("flow/match/key_test.cc", '"', "openflow/message.h")

    def test_the_longest_prefix_decides(self):
        self.allows("wire/json/json.h", "<", "string")
        self.refuses("wire/packet/ip.h", "<", "string")
        self.allows("daemon/device/socket.h", '"', "wire/device/frame.h")
        self.refuses("daemon/run/loop.h", '"', "wire/device/frame.h")

    def test_nothing_includes_tools(self):
        self.refuses("ovsdb/client/replica.h", '"', "tools/ovs-vsctl/main.h")

    def test_a_path_not_from_the_root_is_refused(self):
        self.refuses("base/core/result.h", '"', "error.h")

    def test_a_folder_without_a_row_is_refused(self):
        self.refuses("new_folder/x.h", "<", "cstdint")


class Program(TreeCase):
    def test_a_wrong_include_is_named_with_its_line(self):
        self.write("src/base/core/x.h", "// x\n#pragma once\n#include <vector>\n")
        status, output = self.run_check("check_layers")
        self.assertEqual(status, 1)
        self.assertIn("src/base/core/x.h:3: base may not include <vector>", output)

    def test_an_include_in_a_comment_does_not_count(self):
        self.write("src/base/core/x.h", "// x\n/*\n#include <vector>\n*/\n")
        self.assertEqual(self.run_check("check_layers")[0], 0)


if __name__ == "__main__":
    unittest.main()
