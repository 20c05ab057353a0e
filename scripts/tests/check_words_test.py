"""Tests of check_words: each habit seen where it counts, and not where it does not."""
import unittest
from pathlib import Path

from tree_case import TreeCase, load

words = load("check_words")


class Habits(unittest.TestCase):
    def names(self, path, text):
        return [problem.split(": ", 1)[1] for problem in words.check_file(Path(path), "// what\n" + text)]

    def assert_seen(self, habit, path, text):
        self.assertIn(habit, self.names(path, text))

    def assert_clean(self, path, text):
        self.assertEqual(self.names(path, text), [])

    def test_reminders_are_seen_everywhere(self):
        self.assert_seen("a stale reminder", "src/base/a.cc", "// TODO: later\n")
        self.assert_seen("a stale reminder", "docs/a.md", "FIXME\n")

    def test_goto_counts_in_code_only(self):
        self.assert_seen("goto", "src/base/a.cc", "goto out;\n")
        self.assert_clean("src/base/a.cc", '// no goto here\nsay("goto");\n')

    def test_conditional_compilation_belongs_to_platform(self):
        self.assert_seen("#if outside src/platform", "src/flow/a.cc", "#ifdef X\n")
        self.assert_clean("src/platform/nt/a.cc", "#if X\n#endif\n")

    def test_exceptions_are_seen_but_in_sources_of_daemon(self):
        self.assert_seen("an exception", "src/ovsdb/a.cc", "try {\n")
        self.assert_clean("src/daemon/stream/a.cc", "try {\n")

    def test_throwing_functions_are_seen(self):
        self.assert_seen("a standard function that throws", "src/ovsdb/a.cc", "int x = std::stoi(text);\n")

    def test_machine_paths_are_seen(self):
        self.assert_seen("a path of one machine", "docs/a.md", "see /home/x/y\n")
        self.assert_clean("docs/a.md", "see src/home/x\n")

    def test_commented_code_is_seen_and_prose_is_not(self):
        self.assert_seen("commented-out code", "src/base/a.cc", "  // go(1, 2);\n")
        self.assert_clean("src/base/a.cc", "// one; two (and three);\n")

    def test_a_header_says_what_it_is_and_pragma_once(self):
        self.assertEqual(len(words.check_file(Path("src/base/a.h"), "int x;\n")), 2)


class Program(TreeCase):
    def test_problems_name_file_and_line(self):
        self.write("src/base/a.cc", "// a\n\ngoto out;\n")
        status, output = self.run_check("check_words")
        self.assertEqual(status, 1)
        self.assertIn("src/base/a.cc:3: goto", output)


if __name__ == "__main__":
    unittest.main()
