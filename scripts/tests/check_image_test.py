"""Tests of check_image: each rule finds a fault planted in the image that was built.

Where no cross compiler is, there is no image, and nothing to test.
"""
import unittest
from pathlib import Path

from tree_case import SCRIPTS, TreeCase, load

lint = load("check_image")
ROOT = SCRIPTS.parent
BUILT = ROOT / "build/linux/driver/clang/openvswitch.sys"


@unittest.skipUnless(BUILT.exists(), "openvswitch.sys is not built")
class PlantedFaults(TreeCase):
    def setUp(self):
        super().setUp()
        self.image = lint.read(BUILT)
        self.data = bytearray(self.image.data)
        self.table = lint.allowed(ROOT)

    def problems(self, table=None):
        path = self.root / "clang/openvswitch.sys"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self.data)
        return [problem.split(": ", 1)[1] for problem in lint.check(path, table or self.table)]

    def assert_found(self, words, problems=None):
        found = problems if problems is not None else self.problems()
        self.assertTrue(any(words in problem for problem in found), (words, found))

    def put(self, offset, *values):
        self.data[offset:offset + len(values)] = bytes(values)

    def optional(self, offset):
        return self.image.pe + 24 + offset

    def section_header(self, index):
        return self.image.pe + 24 + self.image.number("H", self.image.pe + 20) + 40 * index

    def file_offset(self, address):
        section, offset, _ = next(place for place in self.image.places
                                  if place[0].address <= address < place[0].address + place[0].size)
        return offset + address - section.address

    def test_the_image_as_it_was_built_has_no_problem(self):
        self.assertEqual(self.problems(), [])

    def test_what_is_no_image_is_a_problem(self):
        self.data = self.data[:200]
        self.assert_found("cannot be read")

    def test_subsystem_and_its_version(self):
        self.put(self.optional(68), 3)
        self.put(self.optional(48), 10, 0, 0, 0)
        problems = self.problems()
        self.assert_found("subsystem is not native", problems)
        self.assert_found("version is 10.00, not 6.02", problems)

    def test_marks_of_the_optional_header(self):
        self.put(self.optional(70), 0, 0)
        problems = self.problems()
        for what in (*lint.CHARACTERISTICS.values(), "control flow guard"):
            self.assert_found(what, problems)

    def test_100_a_section_that_is_written_and_executed(self):
        index = next(i for i, section in enumerate(self.image.sections) if section.name == ".data")
        self.put(self.section_header(index) + 39, 0xe0)
        self.assert_found("section .data may be written and executed")

    def test_initialisers(self):
        self.put(self.section_header(2), *b".CRT\0")
        self.assert_found("a driver runs no initialisers")

    def test_directories(self):
        for index in (3, 5, 10):
            self.put(self.optional(112 + 8 * index), *bytes(8))
        self.put(self.optional(112 + 72), 0, 16, 0, 0, 8, 0, 0, 0)
        problems = self.problems()
        for words in ("no unwind data", "no relocations", "no load configuration", "thread-local"):
            self.assert_found(words, problems)

    def test_100_a_relocation_across_a_page(self):
        at = self.file_offset(self.image.directory(5)[0]) + 8
        self.put(at, 0xfc, 0xaf)
        self.put(at + 2, 0x00, 0x30)
        problems = self.problems()
        self.assert_found("crosses the end of a page", problems)
        self.assert_found("is of kind 3", problems)

    def test_105_imports(self):
        at = self.data.index(b"KeClearEvent")
        self.put(at, *b"KeKlearEvent")
        self.assert_found("imports ntoskrnl.exe!KeKlearEvent, which")
        newer = {**self.table, ("ndis.sys", "NdisGetVersion"): 0x0a00}
        self.assert_found("NdisGetVersion, which Windows has since 10.00", self.problems(newer))

    def test_101_guards(self):
        config = self.file_offset(self.image.directory(10)[0])
        self.put(config + 0x58, *bytes(8))
        self.put(config + 0x78, *self.data[config + 0x58:config + 0x60])
        self.put(config + 0x90, 0, 0)
        problems = self.problems()
        self.assert_found("security cookie is in no data", problems)
        self.assert_found("no table of guarded functions", problems)

    def test_101_a_guard_pointer_that_may_be_written(self):
        config = self.file_offset(self.image.directory(10)[0])
        self.put(config + 0x78, *self.data[config + 0x58:config + 0x60])
        self.assert_found("guard pointer may be written")

    def test_instructions(self):
        entry = self.file_offset(self.image.optional("I", 16))
        planted = {
            "privileged": b"\xfa",
            "a control register": b"\x44\x0f\x20\xc0",
            "AVX": b"\xc5\xfc\x58\xc0",
            "the processor's own segment": b"\x65\x48\x8b\x04\x25\x88\x01\x00\x00",
            "x87": b"\xd9\xe8",
        }
        for what, code in planted.items():
            with self.subTest(what):
                self.put(entry, *code)
                self.assert_found(f"uses {what}")

    def test_size(self):
        most, lint.MAX_SIZE = lint.MAX_SIZE, 1000
        self.addCleanup(setattr, lint, "MAX_SIZE", most)
        self.assert_found("at most 1000")


if __name__ == "__main__":
    unittest.main()
