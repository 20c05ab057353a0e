"""Tests of check_windows_abi: how rows are read, and that a judge's contradiction is a problem."""
import shutil
import unittest
from pathlib import Path

from tree_case import TreeCase, load

abi = load("check_windows_abi")
MINGW = shutil.which("x86_64-w64-mingw32-g++-posix")
MICROSOFT = abi.shared_headers(Path.home() / ".nuget/packages")


class Rows(unittest.TestCase):
    def test_a_row_has_a_level_or_none(self):
        with_level, without = abi.facts_of("NT_OFFSET(640, A, b, 8)\nNT_SIZE(C, 4)\n")
        self.assertEqual((with_level.level, without.level), (640, 0))
        self.assertEqual(with_level.expression, "__builtin_offsetof(A, b) == 8")

    def test_values_are_compared_as_32_bits(self):
        self.assertEqual(abi.facts_of("NT_VALUE(630, S, 0xc0000001)")[0].expression, "(unsigned)(S) == 0xc0000001u")


class Judges(TreeCase):
    def facts(self, wdm="", shared=""):
        self.write(f"{abi.FACTS}/wdm.inc", wdm)
        self.write(f"{abi.FACTS}/shared.inc", shared)

    @unittest.skipUnless(MINGW, "there is no cross compiler")
    def test_mingw_accepts_refuses_and_does_not_know(self):
        self.facts("NT_SIZE(KEVENT, 24)\nNT_SIZE(MDL, 49)\nNT_OFFSET(IRP, NotThere, 8)\n")
        problems, report = abi.ask_mingw(self.root)
        self.assertEqual(problems, ["mingw-w64: MDL size 49"])
        self.assertIn("2 facts judged, 1 not declared", report)

    @unittest.skipUnless(MICROSOFT, "Microsoft's SDK is not restored")
    def test_microsoft_is_asked_at_each_level_a_fact_holds_at(self):
        self.facts(shared="NT_VALUE(680, OID_SWITCH_NIC_CREATE, 1)\n")
        problems, _ = abi.ask_microsoft(self.root, Path.home() / ".nuget/packages")
        self.assertEqual(len(problems), 3)

    def test_a_judge_that_is_not_there_is_skipped(self):
        self.facts()
        status, output = self.run_check("check_windows_abi", "--packages", str(self.root))
        self.assertEqual(status, 0)
        self.assertIn("Microsoft's SDK: SKIPPED", output)


if __name__ == "__main__":
    unittest.main()
