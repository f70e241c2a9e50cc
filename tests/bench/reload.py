#!/usr/bin/env python3
"""What reloads cost, and what they lose: nothing.

1. In one engine with generated events, thousands of reloads, one in five of rules that are wrong, one in ten while the sinks hang:
   they write into pipes that nobody reads just then. Every event is counted by its number, and each record is compared with the way
   that `millrace explain` gives it under the ruleset in its header `millrace-ruleset`. Prints the resident memory after the first
   tenth of the reloads (`reference`) and after the last, and at every doubling from 500 on; before the first one the sinks have
   held up as much as `memory` allows, so that what grows is not theirs.
2. From the request until the last worker has switched, with many rules, against `millrace check` of the same file.
3. On a real Kafka and a real PostgreSQL: the 99th percentile of the time in which a device's event is taken and answered. A while
   with reloads and one without take turns, so that a busy machine counts for both; value is what reloads add, reference the
   percentile without, ratio the percentile with over the one without. Once the reloads follow each other without a pause
   (`reload_back_to_back`: what Kafka and PostgreSQL have to answer for them is most of it), once there is one a second (`reload`).
   Every event is looked for in the tables.

The last line's `lost` and `twice` are those of 1 and 3 together; anything but 0, or an event that went another way, ends it with 1.
"""
import argparse
import collections
import contextlib
import fcntl
import json
import os
import pathlib
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import termios
import threading
import time
import uuid

# In place of this folder, whose http.py would stand before Python's own.
sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1] / "system")
import http.client  # noqa: E402
import urllib.request  # noqa: E402
from world import BUILD, Engine, Scenario, Server, free_port, wait_for  # noqa: E402

VARIANTS = 24  # rulesets that take turns; an engine keeps fifty
RATE = 1500    # generated events a second and worker
WORKERS = 2
PIPE = 4096    # bytes that a pipe holds until the sink that writes into it hangs
TYPES = ["heartbeat", "ad_impression", "ad_click", "purchase", "crash", "refund"]
WAYS = 4

HEAD = """edition 1
event measured {{ id: uuid  type: string }}
{topics}
topic "dead" {{ }}
router all for measured {{
  match first
  dead_letter "dead"
"""
TEST = """test "the first kind goes its way" {{
  given {{ "id": "7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a11", "type": "{kind}" }}
  expect topic "{topic}"
}}
"""
# What hanging sinks hold up is bounded by `memory`; small, so that what reloads leave behind shows beside it.
CONFIG = """[engine]
admin   = "127.0.0.1:{admin}"
memory  = "2MiB"
plugins = ["{build}/plugins"]

[pipeline.flow]
workers         = {workers}
source.generate = {{ rate = {rate}, duplicates = 0.0, seed = 7 }}
router.rules    = {{ file = "{rules}", run = "all" }}
{sink}
"""


def variant(number):
    """Every kind of event goes another way than in the variant before."""
    topics = "\n".join(f'topic "way.{way}" {{ event measured }}' for way in range(WAYS))
    routes = [f'  route r{i} when type == "{kind}" to topic "way.{(i + number) % WAYS}" {{ key id  header "variant" = "{number}" }}'
              for i, kind in enumerate(TYPES)]
    test = TEST.format(kind=TYPES[0], topic=f"way.{number % WAYS}")
    return HEAD.format(topics=topics) + "\n".join(routes) + '\n  otherwise to topic "dead"\n}\n' + test


def invalid(number):
    """What no reload may take: a spoilt text, or a test that fails."""
    if number % 2 == 0:
        return "edition 1\nevent measured { id: uid }\n"
    return variant(number) + TEST.format(kind=TYPES[0], topic="dead").replace("the first", "no")


def many_rules(count, mark):
    routes = [f'  route r{i} when type == "{"kind" if i else mark}.{i}" to topic "way.{i % WAYS}" {{ key id }}' for i in range(count)]
    topics = "\n".join(f'topic "way.{way}" {{ event measured }}' for way in range(WAYS))
    return HEAD.format(topics=topics) + "\n".join(routes) + '\n  otherwise to topic "way.0"\n}\n'


def replace(file, text):
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(file)


class Pipe(threading.Thread):
    """Takes what a sink writes into a pipe to a file; while `reading` is not set the sink hangs."""

    def __init__(self, path):
        super().__init__(daemon=True)
        os.mkfifo(path)
        self.file = path.with_name(path.name + ".ndjson")
        self.pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(self.pipe, fcntl.F_SETPIPE_SZ, PIPE)
        self.reading, self.ended = threading.Event(), threading.Event()
        self.reading.set()

    def held(self):
        """Bytes that wait to be read."""
        return int.from_bytes(fcntl.ioctl(self.pipe, termios.FIONREAD, bytes(4)), sys.byteorder)

    def run(self):
        with open(self.file, "wb") as out:
            while True:
                last = self.ended.is_set()
                self.reading.wait()
                if select.select([self.pipe], [], [], 0.05)[0] and (piece := os.read(self.pipe, 1 << 20)):
                    out.write(piece)
                elif last:
                    break
                else:
                    time.sleep(0.001)  # nobody has opened the other end yet, or closed it
        os.close(self.pipe)


class Generated:
    """An engine whose events come out of a generator."""

    def __init__(self, folder, sink, text, rate):
        self.folder, self.admin = folder, free_port()
        folder.mkdir()
        self.rules = folder / "all.rules"
        self.rules.write_text(text)
        config = folder / "millrace.toml"
        config.write_text(CONFIG.format(admin=self.admin, build=BUILD, workers=WORKERS, rate=rate, rules=self.rules, sink=sink))
        self.log = folder / "millrace.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([BUILD / "bin" / "millrace", "run", "--config", config], stdout=log, stderr=log)
        wait_for("the engine is ready", self.is_ready, 60)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=120)

    def is_ready(self):
        if self.process.poll() is not None:
            sys.exit(f"reload: the engine ended with {self.process.returncode}:\n{self.log.read_text(errors='replace')}")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/ready", timeout=10).close()
            return True
        return False

    def reload(self):
        self.connection.request("POST", "/reload", headers={"Accept": "application/json"})
        return json.loads(self.connection.getresponse().read())

    def taken(self):
        """How many events the source has handed in."""
        page = urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=10).read().decode()
        return sum(int(float(count)) for count in re.findall(r"^millrace_events_total\{.*\} (\S+)$", page, re.M))

    def resident(self):
        """MiB"""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(60) != 0:
            sys.exit(f"reload: the engine ended with {self.process.returncode}:\n{self.log.read_text(errors='replace')}")


def number_of(identity):
    """Of a generated event: it counts in the last 40 bits."""
    return int(identity[-10:], 16)


class Ways:
    """Compares records with what `millrace explain` says of their events, a ruleset at a time."""

    def __init__(self, folder, hashes):
        self.folder, self.hashes, self.other = folder, hashes, []

    def check(self, ruleset, records):
        if ruleset not in self.hashes:
            self.other += [f"unknown ruleset {ruleset}: {record}" for record in records]
            return
        rules, events = self.folder / "way.rules", self.folder / "way.ndjson"
        rules.write_text(self.hashes[ruleset])
        events.write_text("".join(record["payload"] + "\n" for record in records))
        done = subprocess.run([BUILD / "bin" / "millrace", "explain", rules, "--event", events, "--router", "all", "--format", "json"],
                              capture_output=True, text=True, check=False)
        ways = done.stdout.splitlines()
        if done.returncode != 0 or len(ways) != len(records):
            sys.exit(f"reload: explain gave {len(ways)} ways of {len(records)} events: {done.stderr}")
        for record, way in zip(records, ways):
            sent = [(to["topic"], to["key"], to["headers"]) for to in json.loads(way)["to"]]
            headers = {name: value for name, value in record["headers"].items() if name != "millrace-ruleset"}
            if sent != [(record["topic"], record["key"], headers)]:
                self.other.append(f"{record} should go {sent}")


def account(pipes, ways):
    """(events, lost, twice): each worker's events are numbered from 0 without a gap."""
    events = lost = twice = 0
    by_ruleset = collections.defaultdict(list)
    for pipe in pipes:
        seen = collections.Counter()
        with open(pipe.file, encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                seen[number_of(record["key"])] += 1
                ruleset = record["headers"]["millrace-ruleset"]
                by_ruleset[ruleset].append(record)
                if len(by_ruleset[ruleset]) == 10_000:
                    ways.check(ruleset, by_ruleset.pop(ruleset))
        events += len(seen)
        lost += max(seen, default=-1) + 1 - len(seen)
        twice += sum(seen.values()) - len(seen)
    for ruleset, records in by_ruleset.items():
        ways.check(ruleset, records)
    return events, lost, twice


def fill(engine, pipes):
    """All sinks hang until no event is taken any more: what they can hold up is in memory before the first reload."""
    for pipe in pipes:
        pipe.reading.clear()
    before = -1
    while (now := engine.taken()) != before:
        before = now
        time.sleep(0.5)
    for pipe in pipes:
        pipe.reading.set()


def under_generated_load(folder, reloads):
    """(lost, twice)"""
    folder.mkdir()
    pipes = [Pipe(folder / f"out.{worker}") for worker in range(WORKERS)]
    for pipe in pipes:
        pipe.start()
    engine = Generated(folder / "engine", f'sink.file = {{ path = "{folder}/out.{{worker}}", sync = false }}', variant(0), RATE)
    try:
        hashes, memory, curve = {}, [], []
        hashes[json.loads(urllib.request.urlopen(f"http://127.0.0.1:{engine.admin}/rules/active").read())["pipelines"][0]["hash"]] = variant(0)
        fill(engine, pipes)
        accepted, hung, slow, held = 0, 0, [], []
        for number in range(1, reloads + 1):
            hangs = number % 100 >= 90
            if number % 100 == 96:
                held = [pipe.held() for pipe in pipes]
            hung += number % 100 == 99 and min(held) > 0 and held == [pipe.held() for pipe in pipes]
            for pipe in pipes:
                (pipe.reading.clear if hangs else pipe.reading.set)()
            good = number % 5 != 4
            text = variant(number % VARIANTS) if good else invalid(number)
            replace(engine.rules, text)
            receipt = engine.reload()
            if receipt["accepted"] != good:
                sys.exit(f"reload: number {number} should {'' if good else 'not '}be accepted: {json.dumps(receipt)}")
            of = receipt["pipelines"][0]
            if good:
                accepted += 1
                hashes[of["new"]] = text
                if len(of["switched"]) != WORKERS:
                    sys.exit(f"reload: number {number} did not reach all workers: {json.dumps(receipt)}")
                slow.append((hangs, max(worker["at_us"] for worker in of["switched"]) - receipt["at_us"]))
            if number in (reloads // 10, reloads):
                memory.append(engine.resident())
            if number % 500 == 0 and (number // 500).bit_count() == 1:
                curve.append(f"{number}: {engine.resident():.1f}")
        for pipe in pipes:
            pipe.reading.set()
        taken = engine.taken()
        engine.end()
    finally:
        if engine.process.poll() is None:
            engine.process.kill()
        for pipe in pipes:
            pipe.reading.set()
            pipe.ended.set()
            pipe.join()
    if reloads >= 100 and hung == 0:
        sys.exit("reload: no sink ever hung, so nothing was shown about it")
    ways = Ways(folder, hashes)
    events, lost, twice = account(pipes, ways)
    lost += max(0, taken - events - lost)  # at the end of the stream no gap would show
    if ways.other:
        sys.exit(f"reload: {len(ways.other)} events went another way, such as {ways.other[0]}")
    median = {hangs: statistics.median([us for h, us in slow if h == hangs] or [0]) / 1000 for hangs in (False, True)}
    print(f"{reloads} reloads, {accepted} accepted, {events} events over {len(hashes)} rulesets, all sinks hung {hung} times, lost={lost} twice={twice}")
    print(f"bench reload_hanging value={median[True]:.1f} unit=ms reference={median[False]:.1f} ratio={median[True] / median[False]:.2f}")
    print(f"resident MiB after so many reloads: {', '.join(curve)}")
    print(f"bench reload_memory value={memory[-1]:.1f} unit=MiB reference={memory[0]:.1f} ratio={memory[-1] / memory[0]:.2f}", flush=True)
    return lost, twice


def with_many_rules(folder, count):
    folder.mkdir()
    engine = Generated(folder / "engine", "sink.null = { }", many_rules(count, "first"), 100)
    times, checks = [], []
    try:
        for number in range(5):
            replace(engine.rules, many_rules(count, f"mark{number}"))
            began = time.time()
            receipt = engine.reload()
            if not receipt["accepted"]:
                sys.exit(f"reload: {json.dumps(receipt)}")
            times.append(max(worker["at_us"] for worker in receipt["pipelines"][0]["switched"]) / 1000 - began * 1000)
            began = time.time()
            subprocess.run([BUILD / "bin" / "millrace", "check", engine.rules], check=True, capture_output=True)
            checks.append((time.time() - began) * 1000)
        engine.end()
    finally:
        if engine.process.poll() is None:
            engine.process.kill()
    value, reference = statistics.median(times), statistics.median(checks)
    print(f"bench reload_{count}_rules value={value:.0f} unit=ms reference={reference:.0f} ratio={value / reference:.2f}", flush=True)


class Devices:
    """Each posts one event at a time and notes when, how long until the answer, and whether it was taken."""

    def __init__(self, port, count=2, pause=0.002):
        self.port, self.pause = port, pause
        self.posted = []  # (id, began, seconds, answer)
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def work(self):
        connection, number = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30), 0
        while not self.stopping.is_set():
            identity, number = str(uuid.uuid4()), number + 1
            body = json.dumps({"id": identity, "device": "d", "seq": number, "kind": "ab"[number % 2]})
            began = time.monotonic()
            try:
                connection.request("POST", "/events", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
            self.posted.append((identity, began, time.monotonic() - began, status))
            time.sleep(self.pause)  # the pace of a device
        connection.close()

    def finish(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def p99(seconds):
    return statistics.quantiles(seconds, n=100)[98] * 1000


class Turns:
    """Whiles with reloads, each followed by one without that is about as long."""

    def __init__(self, scenario, engine):
        self.scenario, self.engine = scenario, engine
        self.active, self.number = set(engine.active().values()), 0

    def reload(self):
        self.number += 1
        good = self.number % 5 != 4
        if good:
            self.scenario.write_rules(header=f'  header "version" = "{self.number}"')
        else:
            self.scenario.rules.write_text("edition 1\nevent ping { id: uid }\n")
        receipt = self.engine.reload()
        if receipt["accepted"] != good:
            sys.exit(f"reload: number {self.number} should {'' if good else 'not '}be accepted: {json.dumps(receipt)}")
        self.active = {pipeline["new"] for pipeline in receipt["pipelines"]} if good else self.active

    def take(self, reloads, apart, together=10):
        """`apart` seconds from one reload to the next, `together` of them in a row; when they began, when they ended, and when the
        while without them did."""
        out = []
        for _ in range(-(-reloads // together)):
            began = time.monotonic()
            for number in range(together):
                time.sleep(max(0.0, began + number * apart - time.monotonic()))
                self.reload()
            middle = max(time.monotonic(), began + together * apart)
            time.sleep(max(0.0, middle - time.monotonic()))
            time.sleep(middle - began if apart else min(middle - began, 2))
            out.append((began, middle, time.monotonic()))
        return out


def compare(devices, turns, name):
    """(p99 with reloads, p99 without), in ms"""
    during = [took for _, at, took, _ in devices.posted if any(began <= at < middle for began, middle, _ in turns)]
    without = [took for _, at, took, _ in devices.posted if any(middle <= at < end for _, middle, end in turns)]
    print(f"{name}: {len(during)} events with reloads and {len(without)} without, "
          f"median {statistics.median(during) * 1000:.2f} and {statistics.median(without) * 1000:.2f} ms")
    return p99(during), p99(without)


def line(name, with_reloads, without):
    return f"bench {name} value={with_reloads - without:.2f} unit=ms reference={without:.2f} ratio={with_reloads / without:.2f}"


def beside_real_servers(folder, reloads, paced):
    """(p99 with a reload a second, p99 without, lost, twice), in ms"""
    folder.mkdir()
    kafka, postgres = Server("kafka", folder / "kafka"), None
    engine = None
    try:
        postgres = Server("postgres", folder / "postgres")
        scenario = Scenario("moved", folder, kafka, postgres)
        engine = Engine(scenario)
        engine.apply()
        engine.start()
        devices = Devices(engine.http)
        wait_for("events are answered", lambda: len(devices.posted) > 500, 60)
        turns = Turns(scenario, engine)
        back_to_back = turns.take(reloads, apart=0)
        one_a_second = turns.take(paced, apart=1)
        if set(engine.active().values()) != turns.active:
            sys.exit("reload: what is active is not what was accepted last")
        devices.finish()
        logged = scenario.logged()
        wait_for("all is loaded", lambda: scenario.is_loaded(logged), 60)
        stored = scenario.stored()
        if engine.stop() != 0:
            sys.exit(f"reload: the engine ended badly:\n{engine.last_words()}")
    finally:
        if engine and engine.process and engine.process.poll() is None:
            engine.kill()
        kafka.do("remove")
        if postgres:
            postgres.do("remove")
    taken = {identity for identity, _, _, status in devices.posted if status == 200}
    refused = [status for _, _, _, status in devices.posted if status != 200]
    if refused:
        sys.exit(f"reload: {len(refused)} requests were not taken, the first answered {refused[0]}")
    lost = sum(1 for identity in taken if identity not in stored)
    twice = sum(count - 1 for count in stored.values())
    print(f"{turns.number} reloads beside Kafka and PostgreSQL, lost={lost} twice={twice}")
    print(line("reload_back_to_back", *compare(devices, back_to_back, "back to back")))
    return *compare(devices, one_a_second, "one a second"), lost, twice


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("reload: ended by a signal"))  # so that the servers end too
    parser = argparse.ArgumentParser(description="What reloads cost, and what they lose.")
    parser.add_argument("--reloads", type=int, default=10_000, help="with generated events (%(default)s)")
    parser.add_argument("--real", type=int, default=200, help="with Kafka and PostgreSQL; 0 leaves them out, and the last line (%(default)s)")
    parser.add_argument("--paced", type=int, default=60, help="there too, one a second (%(default)s)")
    parser.add_argument("--rules", type=int, default=10_000, help="rules of the large ruleset (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="keep the folder with everything, and name it")
    options = parser.parse_args()
    if options.paced < 1:
        parser.error("--paced: at least one reload a second has to be compared; --real 0 leaves the servers out")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-bench-"))
    folder.chmod(0o755)
    try:
        lost, twice = under_generated_load(folder / "generated", options.reloads)
        with_many_rules(folder / "many", options.rules)
        if options.real > 0:
            during, without, lost_there, twice_there = beside_real_servers(folder / "real", options.real, options.paced)
            lost, twice = lost + lost_there, twice + twice_there
    finally:
        if options.keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    if options.real > 0:
        print(f"{line('reload', during, without)} lost={lost} twice={twice}")
    sys.exit(0 if lost == 0 and twice == 0 else 1)


if __name__ == "__main__":
    main()
