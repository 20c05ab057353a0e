"""Tests of check_size: what counts as a function, what is too long, what is a table."""
import unittest

from tree_case import TreeCase, load

size = load("check_size")


def body(lines):
    return "".join(f"  call({number});\n" for number in range(lines))


class Functions(unittest.TestCase):
    def lengths(self, text):
        return [lines for _, lines in size.cpp_functions(text)]

    def test_a_free_function_counts_from_signature_to_brace(self):
        self.assertEqual(size.cpp_functions("namespace a {\n\nint f(\n    int x) {\n  return x;\n}\n}\n"), [(3, 4)])

    def test_members_count_one_by_one(self):
        members = " int f() const { return 1; }\n int g() noexcept {\n  return 2;\n }\n"
        text = "class A : public B<int> {\n" + members + "};\n"
        self.assertEqual(self.lengths(text), [1, 3])

    def test_a_lambda_belongs_to_its_function(self):
        self.assertEqual(self.lengths("void f() {\n  auto g = [] {\n    return 1;\n  };\n}\n"), [5])

    def test_member_initialisers_do_not_end_the_head(self):
        self.assertEqual(self.lengths("A::A(int x)\n    : x_{x},\n      y_(2) {\n  go();\n}\n"), [5])

    def test_a_table_is_no_function(self):
        self.assertEqual(self.lengths("constexpr Row kRows[] = {\n  {1, KEY(a)},\n  {2, KEY(b)},\n};\n"), [])

    def test_a_template_counts(self):
        self.assertEqual(self.lengths("template <class T>\nT twice(T x) {\n  return x + x;\n}\n"), [4])

    def test_a_test_case_counts(self):
        self.assertEqual(self.lengths('TEST_CASE("Unit: says {") {\n  CHECK(1);\n}\n'), [3])

    def test_braces_in_strings_and_comments_do_not_count(self):
        self.assertEqual(self.lengths('void f() {\n  // {\n  g("}}}{", \'{\', R"({{)");\n}\n'), [4])

    def test_digit_separators_are_no_characters(self):
        self.assertEqual(self.lengths("void f() {\n  g(1'000'000);\n}\nvoid h() {\n}\n"), [3, 2])

    def test_python_functions_are_measured(self):
        self.assertEqual(size.python_functions("def f():\n    return 1\n"), [(1, 2)])


class Program(TreeCase):
    def test_a_function_of_seventy_lines_passes_and_one_more_does_not(self):
        path = self.write("src/base/a.cc", "void f() {\n" + body(68) + "}\n")
        self.assertEqual(self.run_check("check_size")[0], 0)
        self.write(path, "void f() {\n" + body(69) + "}\n")
        status, output = self.run_check("check_size")
        self.assertEqual(status, 1)
        self.assertIn("src/base/a.cc:1: a function of 71 lines", output)

    def test_a_long_file_is_named(self):
        self.write("src/base/a.h", "int x;\n" * 801)
        self.assertIn("801 lines, at most 800", self.run_check("check_size")[1])

    def test_a_long_line_is_named_unless_it_is_a_row(self):
        self.write("src/base/a.h", "int x = 1" + " + 1" * 40 + ";\n  {1, " + "2, " * 60 + "},\n")
        output = self.run_check("check_size")[1]
        self.assertIn("a.h:1: 170 columns", output)
        self.assertNotIn("a.h:2", output)

    def test_the_largest_folder_is_reported(self):
        self.write("src/base/a.h", "int x;\n" * 3)
        self.write("src/wire/a.h", "int x;\n" * 5)
        self.assertIn("largest folder: src/wire, 5 lines", self.run_check("check_size")[1])


if __name__ == "__main__":
    unittest.main()
