"""Tests of check_tidy: the order of the sources and the bound in time; clang-tidy is not needed."""
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
        problems, looked_at = tidy.tidy_until(self.root, [Path("src/a.cc")], time.monotonic() - 1)
        self.assertEqual((problems, looked_at), ([], 0))


if __name__ == "__main__":
    unittest.main()
