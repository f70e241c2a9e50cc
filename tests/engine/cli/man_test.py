#!/usr/bin/env python3
"""Shows every page of the manual to groff, which has to have nothing against it, and looks at what is installed.

usage: man_test.py MILLRACE BUILD     exit code 77: groff is not installed
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile


def complaints(page):
    shown = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-P-cbou", str(page)], capture_output=True, text=True)
    return shown.stderr or ("" if "\nEXIT STATUS\n" in shown.stdout else "the text is cut: " + shown.stdout[-200:])


def main(millrace, build):
    if shutil.which("groff") is None:
        print("groff is not installed; ./dev setup installs it")
        return 77
    mistakes = []
    with tempfile.TemporaryDirectory() as prefix:
        subprocess.run(["cmake", "--install", build, "--prefix", prefix, "--component", "Unspecified"], check=True, capture_output=True)
        share = pathlib.Path(prefix, "share")
        pages = sorted(share.glob("man/man1/*.1"))
        mistakes += [f"{page.name}: {text}" for page in pages if (text := complaints(page))]
        for page in pages:
            name = page.stem.removeprefix("millrace").removeprefix("-")
            printed = subprocess.run([millrace, "man", *filter(None, [name])], capture_output=True, text=True, check=True)
            if printed.stdout != page.read_text():
                mistakes.append(f"{page.name} is installed, and is not what is printed")
        for name, shell in [("bash-completion/completions/millrace", "bash"), ("zsh/site-functions/_millrace", "zsh"),
                            ("fish/vendor_completions.d/millrace.fish", "fish")]:
            printed = subprocess.run([millrace, "completion", shell], capture_output=True, text=True, check=True).stdout
            if not (share / name).is_file() or (share / name).read_text() != printed:
                mistakes.append(f"share/{name} is not what is printed")
    if len(pages) < 17:
        mistakes.append(f"there are {len(pages)} pages")
    print("\n".join(mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
