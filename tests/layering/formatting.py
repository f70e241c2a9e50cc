"""Fails when a C or C++ file is not as clang-format writes it.

usage: formatting.py ROOT    the way out: clang-format -i FILE
"""
import pathlib
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
files = sorted(
    str(file)
    for folder in ("dsl", "engine", "plugins", "tests")
    for file in (root / folder).rglob("*")
    if file.suffix in (".c", ".cpp", ".h", ".hpp") and "fixtures" not in file.parts
)
if not files:
    sys.exit(f"no file found below {root}")
done = subprocess.run(["clang-format", "--dry-run", "--Werror", *files], capture_output=True, text=True, check=False)
wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "error:" in line})
for file in wrong:
    print(f"{file} is not formatted; run: clang-format -i {file}")
print(f"{len(files)} files, {len(wrong)} not formatted")
sys.exit(done.returncode)
