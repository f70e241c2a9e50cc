#!/usr/bin/env python3
"""Rows a second from Kafka into PostgreSQL, exactly once: the Wikipedia edits repeated to a million, seven columns, through
`millrace run` with its Kafka source and PostgreSQL sink, against psql's binary \\copy of the same rows into a table of the
same kind. Also the engine's peak resident memory on the way.

The two take turns, three rounds; value and reference are medians, the ratio is the median of the rounds' ratios. The clock of
a round begins when the first transaction is stored (joining a group is not loading), and counts the rows stored from there on, by
the engine's own counter: asking PostgreSQL costs a tenth of the machine. The table is counted at the end. Kafka, PostgreSQL and the
engine share the machine.
"""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

# In place of this folder, whose http.py would stand before Python's own.
sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1] / "system")
import urllib.error  # noqa: E402
import urllib.request  # noqa: E402
from world import BUILD, SUPPORT, Server, free_port  # noqa: E402

EVENTS = int(os.environ.get("MILLRACE_BENCH_EVENTS", "1000000"))
ROUNDS = int(os.environ.get("MILLRACE_BENCH_ROUNDS", "3"))
WORKERS = int(os.environ.get("MILLRACE_BENCH_WORKERS", "1"))

RULES = """edition 1
event edit {
  time: timestamp  channel: string  namespace: string  page: string  user: string  comment: string  delta: int
}
topic "edits" { event edit  partitions 4 }
topic "dead"  { partitions 1 }
router edits for edit {
  match first
  dead_letter "dead"
  otherwise to topic "edits" { key page }
}
table edits from topic "edits" {
  at        timestamptz = time
  channel   text        = channel
  namespace text        = namespace
  page      text        = page
  author    text        = user
  delta     bigint      = delta
  comment   text        = comment
}
"""
CONFIG = """[engine]
admin   = "127.0.0.1:{admin}"
plugins = ["{build}/plugins"]

[pipeline.{name}]
workers      = {workers}
{body}
"""
INGEST = """source.file  = {{ path = "{folder}/edits.*.json" }}
router.rules = {{ file = "{folder}/edits.rules", run = "edits" }}
sink.kafka   = {{ brokers = "{brokers}" }}"""
LOAD = """source.kafka  = {{ brokers = "{brokers}", group = "{name}" }}
router.rules  = {{ file = "{folder}/edits.rules", run = "tables" }}
sink.postgres = {{ url = "{url}" }}"""


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.kafka = Server("kafka", folder / "kafka")
        self.postgres = Server("postgres", folder / "postgres")
        (folder / "edits.rules").write_text(RULES)
        packed = subprocess.run([SUPPORT / "wikipedia"], capture_output=True, text=True, check=True).stdout.strip()
        edits = folder / "edits.000.json"
        with open(edits, "wb") as out:
            subprocess.run(["gzip", "-dc", packed], stdout=out, check=True)
        with open(edits, "rb") as lines:
            self.events = sum(1 for _ in lines)
        self.copies = max(1, round(EVENTS / self.events))
        self.events *= self.copies
        for number in range(1, self.copies):
            os.link(edits, folder / f"edits.{number:03}.json")

    def write(self, name, body, workers=1):
        self.admin = free_port()
        file = self.folder / f"{name}.toml"
        text = body.format(folder=self.folder, brokers=self.kafka.address, url=self.postgres.address, name=name)
        file.write_text(CONFIG.format(admin=self.admin, build=BUILD, name=name, workers=workers, body=text))
        return file

    def millrace(self, command, file):
        done = subprocess.run([BUILD / "bin" / "millrace", command, "--config", file], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"millrace {command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")

    def delivered(self):
        try:
            page = urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=10).read().decode()
        except urllib.error.URLError:
            return 0  # it does not listen yet
        return sum(int(float(count)) for count in re.findall(r'^millrace_verdicts_total\{.*verdict="delivered".*\} (\S+)$', page, re.M))

    def load(self, number):
        """(rows a second, peak resident KiB)"""
        name = f"load{number}"
        self.postgres.sql("truncate edits")
        process = subprocess.Popen([BUILD / "bin" / "millrace", "run", "--config", self.write(name, LOAD, WORKERS)],
                                   stdout=subprocess.DEVNULL, stderr=open(self.folder / f"{name}.log", "wb"))
        try:
            before = 0
            while before == 0:
                before, began = self.delivered(), time.monotonic()
            after = before
            while after < self.events:
                if process.poll() is not None:
                    sys.exit(f"the engine ended with {process.returncode}: {(self.folder / f'{name}.log').read_text()}")
                time.sleep(0.02)
                after = self.delivered()
            seconds = time.monotonic() - began
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
        finally:
            process.terminate()
            process.wait()
        stored = int(self.postgres.sql("select count(*) from edits")[0][0])
        if stored != self.events:
            sys.exit(f"{stored} rows are stored, {self.events} events were sent")
        return (self.events - before) / seconds, peak

    def copy(self, rows):
        self.postgres.sql("create table if not exists copied (like edits including all)")
        self.postgres.sql("truncate copied")
        began = time.monotonic()
        self.postgres.sql(f"\\copy copied from '{rows}' (format binary)")
        return self.events / (time.monotonic() - began)


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-bench-"))
    folder.chmod(0o755)
    bench = None
    try:
        bench = Bench(folder)
        ingest = bench.write("ingest", INGEST)
        bench.millrace("apply", ingest)
        bench.millrace("apply", bench.write("load", LOAD))
        bench.millrace("run", ingest)
        rows = folder / "rows.bin"
        loads, copies, peaks = [], [], []
        for number in range(ROUNDS):
            rate, peak = bench.load(number)
            if not rows.exists():
                bench.postgres.sql(f"\\copy edits to '{rows}' (format binary)")
            loads.append(rate)
            peaks.append(peak)
            copies.append(bench.copy(rows))
    finally:
        if bench:
            bench.kafka.do("remove")
            bench.postgres.do("remove")
        shutil.rmtree(folder, ignore_errors=True)
    ratio = statistics.median(load / copy for load, copy in zip(loads, copies))
    print(f"bench load value={statistics.median(loads):.0f} unit=rows/s reference={statistics.median(copies):.0f} ratio={ratio:.2f}")
    limit = 128
    print(f"bench memory value={max(peaks) / 1024:.0f} unit=MiB reference={limit} ratio={max(peaks) / 1024 / limit:.2f}")


if __name__ == "__main__":
    main()
