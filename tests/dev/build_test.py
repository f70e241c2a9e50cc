"""What ./dev build asks of CMake."""
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Build(unittest.TestCase):
    def test_leaves_nothing_that_others_may_write(self):
        # The engine refuses such a plugin, and a umask of 002 is common.
        with tempfile.TemporaryDirectory() as folder:
            made = pathlib.Path(folder, "made")
            cmake = pathlib.Path(folder, "cmake")
            cmake.write_text(f"#!/bin/sh\n: > '{made}'\n")
            cmake.chmod(0o755)
            subprocess.run([ROOT / "dev", "build", "dev", "nothing"], check=True, umask=0o002,
                           env=dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}"))
            self.assertEqual("644", f"{made.stat().st_mode & 0o777:o}")


if __name__ == "__main__":
    unittest.main()
