"""Tests of check_tidy: the order of the sources, what was seen, the bound in time.

clang-tidy is not needed.
"""
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from tree_case import TreeCase, load

tidy = load("check_tidy")


class Order(TreeCase):
    def git(self, *arguments):
        identity = ["-c", "user.name=n", "-c", "user.email=e"]
        subprocess.run(["git", *identity, *arguments], cwd=self.root, check=True, capture_output=True)

    @unittest.skipUnless(shutil.which("git"), "there is no git")
    def test_new_files_come_first_then_the_last_committed(self):
        self.git("init")
        for name in ("src/old.cc", "src/recent.cc"):
            self.write(name, "int x;\n")
            self.git("add", name)
            self.git("commit", "-m", name)
        paths = [Path("src/old.cc"), Path("src/recent.cc"), Path("src/unknown.cc")]
        names = [path.stem for path in tidy.newest_first(self.root, paths)]
        self.assertEqual(names, ["unknown", "recent", "old"])

    def test_only_sources_of_the_tree_are_taken(self):
        entries = [f"{self.root}/src/a.cc", f"{self.root}/build/b.cc", "/usr/c.cc"]
        text = "[" + ",".join(f'{{"file": "{entry}"}}' for entry in entries) + "]"
        self.write("build/asan/compile_commands.json", text)
        self.assertEqual(tidy.compiled_sources(self.root), [Path("src/a.cc")])


class Bound(TreeCase):
    def test_after_the_deadline_no_source_is_looked_at(self):
        results = tidy.tidy_until(self.root, [Path("src/a.cc")], time.monotonic() - 1,
                                  on_clean=self.fail)
        self.assertEqual(results, {})


class Memory(TreeCase):
    SOURCE = Path("src/a.cc")

    def setUp(self):
        super().setUp()
        self.write("src/a.cc", '#include "b.h"\n')
        self.write("src/b.h", '#include "c/d.h"\n#include <vector>\n')
        self.write("src/c/d.h", "int x;\n")

    def digest(self, deep=False):
        return tidy.Digests(self.root, deep).of(self.SOURCE)

    def test_a_clean_source_is_known_until_what_it_includes_changes(self):
        tidy.Seen(self.root).add(self.SOURCE, self.digest())
        self.assertTrue(tidy.Seen(self.root).knows(self.SOURCE, self.digest()))
        self.write("src/c/d.h", "int y;\n")
        self.assertFalse(tidy.Seen(self.root).knows(self.SOURCE, self.digest()))

    def test_other_rules_and_a_deep_run_see_anew(self):
        before = self.digest()
        self.assertNotEqual(before, self.digest(deep=True))
        self.write(".clang-tidy", "Checks: -*\n")
        self.assertNotEqual(before, self.digest())

    def test_headers_that_include_each_other_end(self):
        self.write("src/c/d.h", '#include "b.h"\n')
        self.assertEqual(len(self.digest()), 64)


if __name__ == "__main__":
    unittest.main()
