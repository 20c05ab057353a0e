"""Tests of check_architecture, check_readmes and check_contract."""
import unittest

from tree_case import TreeCase, load

readmes = load("check_readmes")
contract = load("check_contract")

GOOD = "# base\n" + "".join(f"\n**{part}.** Text.\n" for part in readmes.PARTS)


class Architecture(TreeCase):
    def setUp(self):
        super().setUp()
        self.write("src/flow/key.h", "// Key\nclass FlowKey { int port_count(); };\n")

    def outcome(self, text):
        self.write("ARCHITECTURE.md", text)
        return self.run_check("check_architecture")

    def test_paths_from_the_root_and_from_src_are_found(self):
        self.assertEqual(self.outcome("`src/flow/key.h`, `flow/`, `flow/*.h`")[0], 0)

    def test_a_path_that_is_not_there_is_named(self):
        status, output = self.outcome("one\n`flow/match.h`")
        self.assertEqual(status, 1)
        self.assertIn("ARCHITECTURE.md:2: no such path: flow/match.h", output)

    def test_symbols_are_found_and_missing_ones_named(self):
        self.assertEqual(self.outcome("`FlowKey`, `FlowKey::port_count()`")[0], 0)
        self.assertIn("no such symbol: FlowTable", self.outcome("`FlowTable`")[1])

    def test_commands_and_pictures_are_not_judged(self):
        self.assertEqual(self.outcome("`ovs-vsctl add-br br0`\n```\n`Nothing`\n```\n")[0], 0)

    def test_a_dead_link_in_any_document_is_named(self):
        self.write("docs/a.md", "[here](b.md) [there](https://example.org)")
        self.assertIn("docs/a.md: no such file: b.md", self.outcome("")[1])


class Readmes(TreeCase):
    def outcome(self, text):
        self.write("src/base/CMakeLists.txt", "")
        if text:
            self.write("src/base/README.md", text)
        return self.run_check("check_readmes")

    def test_the_agreed_shape_passes(self):
        self.assertEqual(self.outcome(GOOD), (0, "check_readmes: 1 folders; 0 problems\n"))

    def test_a_missing_readme_is_named(self):
        self.assertIn("src/base: no README.md", self.outcome("")[1])

    def test_a_missing_part_is_named(self):
        self.assertIn('no part "Invariants"', self.outcome(GOOD.replace("Invariants", "Notes"))[1])

    def test_another_order_is_refused(self):
        swapped = GOOD.replace("Main types", "%").replace("Tests", "Main types").replace("%", "Tests")
        self.assertIn("not in the agreed order", self.outcome(swapped)[1])

    def test_forty_lines_are_too_many(self):
        self.assertIn("under 40 wanted", self.outcome(GOOD + "\n" * 40)[1])


class Contract(TreeCase):
    PATH = "src/emulator/ndis/send_test.cc"

    def outcome(self, last_column, test="51 Sends: twice", number="51"):
        self.write(self.PATH, f'TEST_CASE("{test}") {{}}\n')
        for table in contract.TABLES:
            names = [f"{table.prefix}{row}" for row in range(1, table.count + 1)]
            rows = [f"| {name} | what | {last_column if name == number else 'open'} |" for name in names]
            self.write(table.path, "\n".join(rows) + "\n")
        return self.run_check("check_contract")

    def test_a_row_that_names_the_file_of_its_test_passes(self):
        expected = (0, "check_contract: 1 of 106 rows have a test, 0 of 30 defects have a test; 0 problems\n")
        self.assertEqual(self.outcome(f"`{self.PATH}`"), expected)

    def test_a_file_without_the_test_is_named(self):
        self.assertIn(f"51 names {self.PATH}", self.outcome(f"`{self.PATH}`", "52 Reads: late")[1])

    def test_a_test_that_its_row_does_not_name_is_named(self):
        self.assertIn("51 has a test, and no file named", self.outcome("waits for sends")[1])

    def test_a_row_that_says_nothing_is_named(self):
        self.assertIn("51 names neither a file nor", self.outcome("later", "Sends: twice")[1])

    def test_one_test_may_be_of_several_rows(self):
        self.assertEqual(self.outcome(f"`{self.PATH}`", "50, 51 Both: are")[0], 1)
        self.assertEqual(self.outcome(f"`{self.PATH}`", "51, 51 Both: are")[0], 0)

    def test_defects_have_rows_of_their_own(self):
        self.assertEqual(self.outcome(f"`{self.PATH}`", "B-17 Pause: with copies out", "B-17")[0], 0)
        self.assertIn("B-17 has a test", self.outcome("open", "B-17 Pause: with copies out", "B-17")[1])

    def test_a_number_without_a_row_is_named(self):
        self.assertIn("no row B-31", self.outcome("open", "B-31 Nothing: is this")[1])
        self.assertIn("no row 107", self.outcome("open", "107 Nothing: is this")[1])


if __name__ == "__main__":
    unittest.main()
