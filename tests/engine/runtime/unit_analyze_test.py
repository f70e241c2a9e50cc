"""systemd takes its unit, and finds it shut in. usage: unit_analyze_test.py MILLRACE UNIT"""
import pathlib, shutil, subprocess, sys, tempfile

program, unit = sys.argv[1], pathlib.Path(sys.argv[2])
EXPOSURE = 20 # of 100: what has to listen and connect cannot be at 0


def analyze(*words):
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True)


if shutil.which("systemd-analyze") is None:
    print("skipped: systemd-analyze is not installed (package systemd)")
    sys.exit(77)
with tempfile.TemporaryDirectory() as name:
    copy = pathlib.Path(name) / "millrace.service"

    def said_of(text):
        """What verify says of a unit with this text; it looks for the program too."""
        copy.write_text(text.replace("/usr/bin/millrace", program))
        done = analyze("verify", "--man=no", copy)
        return done.returncode, [line for line in done.stderr.splitlines() if "millrace.service" in line]

    text = unit.read_text()
    assert said_of(text.replace("WatchdogSec=30s", "WatchdogSec=often"))[1], "verify finds nothing wrong with anything"
    assert said_of(text) == (0, []), said_of(text)

    version = int(analyze("--version").stdout.split()[1].split(".")[0])
    if version < 250:
        print(f"skipped: systemd {version} cannot look at a unit that is not installed, 250 can")
        sys.exit(77)
    looked = analyze("security", "--offline=true", f"--threshold={EXPOSURE}", copy)
    assert looked.returncode == 0, looked.stdout + looked.stderr
