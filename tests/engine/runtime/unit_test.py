"""The unit for systemd says what the engine needs. usage: unit_test.py MILLRACE UNIT"""
import pathlib, subprocess, sys

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
