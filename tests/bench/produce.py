#!/usr/bin/env python3
"""File -> rules -> Kafka, acknowledged: the engine as an operator runs it, against a bare librdkafka loop that sends the same
events from memory to the same broker; by turns, in one run, after some that do not count. The broker keeps its log in memory where there is room, so that the disk,
which both share, does not decide. What a start costs is measured with a file of one event and taken off."""
import gzip
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MILLRACE_BUILD", ROOT / "build" / "release"))
DATA = pathlib.Path(os.environ.get("MILLRACE_DATA", ROOT / ".deps" / "data")) / "wikipedia-edits-2015-09-12.json.gz"
ROUNDS = 5
WARM = 6
REPEATS = 10  # of 39,244 edits

CONFIG = """[engine]
admin   = "127.0.0.1:{admin}"
plugins = ["{plugins}"]

[pipeline.produce]
workers      = 1
source.file  = {{ path = "{file}" }}
router.rules = {{ file = "{rules}", run = "edits" }}
sink.kafka   = {{ brokers = "{brokers}" }}
"""


# One topic, as the bare loop has: the broker's share of the work is the same. Six fields are read and checked.
RULES = """edition 1
event edit {
  time: timestamp  channel: string  page: string  user: string  delta: int  isRobot: bool
}
topic "edits"      { event edit  partitions 4 }
topic "edits.dead" { partitions 1 }
router edits for edit {
  match first
  dead_letter "edits.dead"
  route robots when isRobot      to topic "edits" { key user }
  route large  when delta > 5_000 to topic "edits" { key channel }
  otherwise to topic "edits" { key page }
}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def kafka(folder, *arguments):
    done = subprocess.run([ROOT / "tests/support/kafka", *arguments, "--dir", folder / "kafka"], check=True, stdout=subprocess.PIPE)
    return done.stdout.decode().strip()


def engine(folder, command, file, brokers):
    """The time that one run takes, from start to end."""
    config, rules = folder / "millrace.toml", folder / "edits.rules"
    rules.write_text(RULES)
    config.write_text(CONFIG.format(admin=free_port(), plugins=BUILD / "plugins", file=file, rules=rules, brokers=brokers))
    begin = time.monotonic()
    done = subprocess.run([BUILD / "bin/millrace", command, "--config", config], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        sys.exit(f"bench produce: millrace {command} ended with {done.returncode}:\n{done.stdout.decode(errors='replace')}")
    return time.monotonic() - begin


def bare(topic, file, brokers):
    done = subprocess.run([BUILD / "bin/bench_kafka", "bare", brokers, topic, file], stdout=subprocess.PIPE, check=True, timeout=300)
    return float(done.stdout)


def main():
    if not DATA.exists():
        sys.exit(f"bench produce: there is no {DATA}; ./dev setup fetches it")
    shared = pathlib.Path("/dev/shm")
    roomy = shared.is_dir() and shutil.disk_usage(shared).free > 8 << 30
    folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-produce-", dir=shared if roomy else None))
    try:
        with gzip.open(DATA) as lines:
            once = lines.read()
        one, many = folder / "one.ndjson", folder / "many.ndjson"
        one.write_bytes(once[: once.index(b"\n") + 1])
        with open(many, "wb") as out:
            for _ in range(REPEATS):
                out.write(once)
        count = once.count(b"\n") * REPEATS
        brokers = kafka(folder, "start")
        engine(folder, "apply", one, brokers)
        for _ in range(WARM):  # the broker's own code is compiled while it runs
            bare("edits", many, brokers)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            empty = engine(folder, "run", one, brokers)
            ours.append(count / (engine(folder, "run", many, brokers) - empty))
            theirs.append(bare("edits", many, brokers))
        value, reference = statistics.median(ours), statistics.median(theirs)
        print(f"bench produce value={value:.0f} unit=events/s reference={reference:.0f} ratio={value / reference:.2f}")
    finally:
        kafka(folder, "remove")
        shutil.rmtree(folder, ignore_errors=True)


main()
