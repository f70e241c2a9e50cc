"""The unit for systemd: it says what the engine needs, and systemd takes it. usage: unit_test.py MILLRACE UNIT"""
import pathlib, shutil, subprocess, sys, tempfile

program, unit = sys.argv[1], pathlib.Path(sys.argv[2])
lines = [line for line in unit.read_text().splitlines() if line and line[0] not in "#["]
settings = dict(line.split("=", 1) for line in lines)
assert len(settings) == len(lines), "a setting stands there twice"


def seconds(text):
    return int(text.removesuffix("min")) * 60 if text.endswith("min") else int(text.removesuffix("s"))


assert settings["Type"] == "notify"
assert seconds(settings["TimeoutStopSec"]) > 30, "stop_deadline is 30 s unless set"
assert seconds(settings["WatchdogSec"]) >= 10
assert settings["StateDirectory"] == "millrace"
for command in ("ExecStart", "ExecReload"):
    words = settings[command].split()
    help_text = subprocess.run([program, words[1], "--help"], capture_output=True, text=True, check=True).stdout
    assert words[2] in help_text, settings[command]

if shutil.which("systemd-analyze"):
    with tempfile.TemporaryDirectory() as name:
        copy = pathlib.Path(name) / "millrace.service"
        copy.write_text(unit.read_text().replace("/usr/bin/millrace", program))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True)
        said = [line for line in done.stderr.splitlines() if "millrace.service" in line]
        assert done.returncode == 0 and not said, done.stderr
