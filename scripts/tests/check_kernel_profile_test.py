"""Tests of check_kernel_profile: what a kernel lacks is refused by name, what it has is not."""
import shutil
import unittest

from tree_case import TreeCase

TOOLS = ["clang++-14", "x86_64-w64-mingw32-g++-posix", "llvm-nm-14",
         "llvm-undname-14", "llvm-readobj-14"]


@unittest.skipUnless(all(map(shutil.which, TOOLS)), "needs the compilers of the kernel profile")
class KernelProfile(TreeCase):
    def check_source(self, text):
        self.write("src/base/a.cc", text)
        self.write("list", f"{self.root}/src/base/a.cc\n")
        return self.run_check("check_kernel_profile", "--list", str(self.root / "list"))

    def assert_refused(self, text, reason):
        status, output = self.check_source(text)
        self.assertEqual(status, 1, output)
        self.assertIn(reason, output)

    def test_core_headers_and_hooks_pass(self):
        status, output = self.check_source(
            "#include <bit>\n#include <compare>\n#include <concepts>\n#include <cstring>\n"
            "#include <limits>\n"
            "#include <tuple>\n#include <utility>\n"
            "namespace ovs { [[noreturn]] void panic(const char*, const char*, int) noexcept;\n"
            "void f(char* a, const char* b, unsigned long long n) {\n"
            "  if (!a) panic(b, b, 1);\n  std::memmove(a, b, n); } }\n")
        self.assertEqual(status, 0, output)

    def test_other_headers(self):
        self.assert_refused("#include <array>\nint a;\n", "a.cc:1: <array> is not a core header")

    def test_headers_that_a_header_includes(self):
        self.write("src/base/a.h", "#pragma once\n#include <new>\n")
        self.assert_refused('#include "base/a.h"\nint a;\n', "a.h:2: <new> is not a core header")

    def test_allocation(self):
        self.assert_refused("int* f() { return new int; }\n", "operator new")

    def test_functions_that_nobody_provides(self):
        self.assert_refused("namespace ovs { void g(); void f() { g(); g(); } }\n",
                            "ovs::g(void), which no kernel has")

    def test_floating_point(self):
        self.assert_refused("int f(double a, double b) { return a * b > 2.0; }\n", "_fltused")

    def test_initialisers(self):
        self.assert_refused("extern \"C\" int memcmp(const void*, const void*, unsigned long long);"
                            "\n"
                            "int a = memcmp(&a, &a, 1);\n", "a driver runs no initialisers")

    def test_large_frames(self):
        self.assert_refused("extern \"C\" void* memset(void*, int, unsigned long long);\n"
                            "void f(int n) { char a[8000]; memset(a, n, sizeof a); "
                            "asm volatile(\"\" :: \"r\"(a) : \"memory\"); }\n", "frame")


if __name__ == "__main__":
    unittest.main()
