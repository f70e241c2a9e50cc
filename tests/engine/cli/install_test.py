#!/usr/bin/env python3
"""What cmake --install puts into a prefix runs from there, with nothing of the build.

usage: install_test.py BUILD SOURCE
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD, SOURCE = "", pathlib.Path()


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.prefix = pathlib.Path(cls.folder.name)
        subprocess.run(["cmake", "--install", BUILD, "--prefix", cls.prefix], check=True, capture_output=True)

    def run_it(self, *words):
        return subprocess.run([self.prefix / "bin/millrace", *words], capture_output=True, text=True)

    def test_the_program_finds_its_plugins(self):
        done = self.run_it("plugins", "list")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = re.findall(r"^(\w+) +(\w+)", done.stdout, re.M)
        self.assertLessEqual({("source", "http"), ("source", "kafka"), ("source", "file"), ("router", "rules"),
                              ("sink", "kafka"), ("sink", "postgres"), ("sink", "file")}, set(found))
        self.assertNotIn(("sink", "count"), found, "an example is no part of it")
        for path in re.findall(r"^ +(/.*\.so)$", done.stdout, re.M):
            self.assertTrue(path.startswith(str(self.prefix)), path)

    def test_nothing_is_looked_for_where_it_was_built(self):
        for path in [self.prefix / "bin/millrace", *self.prefix.glob("lib/millrace/**/*.so*")]:
            needed = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
            self.assertNotIn("not found", needed, path)
            self.assertNotIn(str(SOURCE), needed, path)
            self.assertNotIn(".deps", needed, path)

    def test_a_configuration_needs_no_plugin_folders(self):
        file = self.prefix / "millrace.toml"
        file.write_text(f"""
[pipeline.p]
source.generate = {{ events = 1 }}
router.rules    = {{ file = "{SOURCE}/rules/model/main.rules", run = "device_events" }}
sink.null       = {{}}
""")
        done = self.run_it("check", "--config", file)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_unit_starts_the_program_that_is_installed(self):
        unit = (self.prefix / "lib/systemd/system/millrace.service").read_text()
        self.assertIn(f"ExecStart={self.prefix}/bin/millrace run", unit)

    def test_who_writes_a_plugin_finds_the_contract(self):
        source = self.prefix / "count.c"
        source.write_text((SOURCE / "plugins/examples/c/sink_count.c").read_text())
        made = subprocess.run(["cc", "-std=c11", "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-z,defs",
                               f"-Wl,--version-script={self.prefix}/share/millrace/module.map", f"-I{self.prefix}/include",
                               source, "-o", self.prefix / "count.so"], capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertTrue((self.prefix / "include/millrace/sink.hpp").is_file())


if __name__ == "__main__":
    BUILD, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
