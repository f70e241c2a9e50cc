#!/usr/bin/env python3
"""Compares docs/configuration.md with what the engine and the plugins declare.

usage: docs_test.py MILLRACE PLUGINS PAGE
"""
import difflib
import pathlib
import subprocess
import sys


def main(millrace, plugins, page):
    made = subprocess.run([millrace, "docs", "configuration", "--plugins", plugins], capture_output=True, text=True)
    if made.returncode != 0:
        sys.exit(made.stderr)
    kept = pathlib.Path(page).read_text()
    if made.stdout == kept:
        return
    sys.stdout.writelines(difflib.unified_diff(kept.splitlines(True), made.stdout.splitlines(True), page, "declared"))
    sys.exit(f"\n{page} is not what is declared; make it anew: millrace docs configuration > docs/configuration.md")


if __name__ == "__main__":
    main(*sys.argv[1:])
