"""Tests of check_duplicates: what is equal, how long, how often."""
import unittest

from tree_case import TreeCase, load

duplicates = load("check_duplicates")


def code(first, count):
    return "".join(f"  step({number});\n" for number in range(first, first + count))


class Passages(TreeCase):
    def found(self):
        return self.run_check("check_duplicates", "--most", "0")

    def test_eight_equal_lines_are_a_passage(self):
        self.write("src/a.cc", "int a;\n" + code(0, 8))
        self.write("src/b.cc", "int b;\n" + code(0, 8))
        status, output = self.found()
        self.assertEqual(status, 1)
        self.assertIn("src/a.cc:2 ~ src/b.cc:2: 8 lines", output)

    def test_seven_are_none(self):
        self.write("src/a.cc", code(0, 7))
        self.write("src/b.cc", code(0, 7))
        self.assertEqual(self.found()[0], 0)

    def test_a_longer_passage_counts_once(self):
        self.write("src/a.cc", code(0, 20))
        self.write("src/b.cc", code(0, 20))
        self.assertIn("1 passages of 8", self.found()[1])
        self.assertIn("20 lines", self.found()[1])

    def test_three_places_count_twice(self):
        for name in "abc":
            self.write(f"src/{name}.cc", code(0, 9))
        self.assertIn("2 passages of 8", self.found()[1])

    def test_space_comments_and_braces_do_not_matter(self):
        self.write("src/a.cc", code(0, 8))
        self.write("src/b.cc", code(0, 4) + "\n  // a word\n  {\n" + code(4, 4).replace("  ", "    "))
        self.assertEqual(self.found()[0], 1)

    def test_a_passage_within_one_file_counts(self):
        self.write("src/a.cc", code(0, 8) + "int x;\n" + code(0, 8))
        self.assertIn("src/a.cc:1 ~ src/a.cc:10: 8 lines", self.found()[1])

    def test_the_limit_is_an_option(self):
        self.write("src/a.cc", code(0, 8))
        self.write("src/b.cc", code(0, 8))
        self.assertEqual(self.run_check("check_duplicates", "--most", "1")[0], 0)


if __name__ == "__main__":
    unittest.main()
