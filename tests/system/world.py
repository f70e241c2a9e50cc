"""Servers, engines and rules for the system tests: each scenario gets topics, tables and a folder of its own."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MILLRACE_BUILD", ROOT / "build" / "release"))
SUPPORT = ROOT / "tests" / "support"

RULES = """edition 1
event ping {{ id: uuid  device: string  seq: int  kind: string  note?: string }}

topic "{name}.a"    {{ event ping  partitions 4 }}
topic "{name}.b"    {{ event ping  partitions 2 }}
topic "{name}.dead" {{ partitions 1 }}

router pings for ping {{
  match first
  dead_letter "{name}.dead"
  route a when kind == "a" to topic "{name}.a" {{ key device{header} }}
  otherwise to topic "{name}.b" {{ key device{header} }}
}}

table {name}.a from topic "{name}.a" {{
  id     uuid   = id
  device text   = device
  seq    bigint = seq
  note   text   = note else null
}}
table {name}.b from topic "{name}.b" {{
  id     uuid   = id
  device text   = device
  seq    bigint = seq
  note   text   = note else null
}}
{more}"""

INGEST = """
[pipeline.{name}_ingest]
workers      = 2
source.http  = {{ listen = "127.0.0.1:{http}", share_port = true }}
router.rules = {{ file = "{rules}", run = "pings" }}
sink.kafka   = {{ brokers = "{brokers}" }}
"""
LOAD = """
[pipeline.{name}_load]
workers       = 2
source.kafka  = {{ brokers = "{brokers}", group = "{name}", session_timeout = "1500ms", settings = {{ "heartbeat.interval.ms" = "300" }} }}
router.rules  = {{ file = "{rules}", run = "tables" }}
sink.postgres = {{ url = "{url}" }}
"""


def wait_for(what, holds, seconds):
    """Asks until it holds; the limit is a safety net."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Servers:
    """A Kafka and a PostgreSQL for the tests of one file, with a folder that goes at the end unless MILLRACE_KEEP is set."""

    def __init__(self, name, seed):
        if shutil.which("java") is None or shutil.which("psql") is None:
            raise unittest.SkipTest("java and psql are needed for a real Kafka and a real PostgreSQL; `./dev setup` installs both")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"millrace-{name}-"))
        self.folder.chmod(0o755)
        print(f"seed {seed}", file=sys.stderr)
        self.kafka = Server("kafka", self.folder / "kafka")
        self.postgres = Server("postgres", self.folder / "postgres")

    def remove(self):
        self.kafka.do("remove")
        self.postgres.do("remove")
        if os.environ.get("MILLRACE_KEEP"):
            print(f"kept: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


class Server:
    """A throw-away server of tests/support: `kafka` or `postgres`."""

    def __init__(self, kind, folder):
        self.kind, self.folder = kind, folder
        self.address = self.do("start").strip()

    def do(self, *arguments):
        done = subprocess.run([SUPPORT / self.kind, *arguments, "--dir", self.folder], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{self.kind} {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def tool(self, *arguments):
        done = subprocess.run([SUPPORT / "kafka", "tool", *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def sql(self, text):
        """Rows of texts."""
        done = subprocess.run(["psql", self.address, "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", text],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]


class Scenario:
    """Rules and names of one scenario; `brokers` may name an address at which nobody listens yet."""

    def __init__(self, name, folder, kafka, postgres):
        self.name, self.folder, self.kafka, self.postgres = name, folder / name, kafka, postgres
        self.folder.mkdir()
        self.rules = self.folder / "pings.rules"
        self.write_rules()

    def write_rules(self, header="", more=""):
        """Renamed into place, as an editor would."""
        fresh = self.rules.with_suffix(".new")
        fresh.write_text(RULES.format(name=self.name, header=header, more=more))
        fresh.rename(self.rules)

    def logged(self):
        """Messages that ever went to each topic, counted by Kafka's own tool."""
        counts = {}
        out = self.kafka.tool("org.apache.kafka.tools.GetOffsetShell", "--bootstrap-server", self.kafka.address, "--time", "-1",
                              "--topic", f"{self.name}[.].*")
        for line in out.split():
            topic, _, offset = line.rsplit(":", 2)
            counts[topic] = counts.get(topic, 0) + int(offset)
        return counts

    def stored(self):
        """id → how often it stands in the tables."""
        rows = self.postgres.sql(f"select id, count(*) from (select id from {self.name}.a union all select id from {self.name}.b) x "
                                 "group by id")
        return {row[0]: int(row[1]) for row in rows}

    def dead(self):
        return int(self.postgres.sql(f"select count(*) from millrace.dead_letter where pipeline = '{self.name}_load'")[0][0])

    def positions(self):
        rows = self.postgres.sql(f"select topic, sum(next_offset) from millrace.source_offset where pipeline = '{self.name}_load' "
                                 "group by topic")
        return {row[0]: int(row[1]) for row in rows}

    def is_loaded(self, logged):
        positions = self.positions()
        return all(positions.get(topic, 0) == count for topic, count in logged.items() if not topic.endswith(".dead"))


class Engine:
    """One `millrace run`. `pipelines` are templates, `settings` lines of [engine]; the HTTP port is shared by the engines that are
    given the same one."""

    def __init__(self, scenario, number=0, http=None, pipelines=INGEST + LOAD, brokers=None, settings=""):
        self.scenario = scenario
        self.http = http or free_port()
        self.admin = free_port()
        self.file = scenario.folder / f"millrace{number}.toml"
        self.log = scenario.folder / f"millrace{number}.log"
        self.process = None
        head = f'[engine]\nadmin = "127.0.0.1:{self.admin}"\nplugins = ["{BUILD / "plugins"}"]\n{settings}'
        self.file.write_text(head + pipelines.format(
            name=scenario.name, http=self.http, rules=scenario.rules, brokers=brokers or scenario.kafka.address,
            url=scenario.postgres.address))

    def command(self, *arguments):
        return subprocess.run([BUILD / "bin" / "millrace", *arguments, "--config", self.file], capture_output=True, text=True,
                              check=False)

    def apply(self):
        done = self.command("apply")
        if done.returncode != 0:
            raise RuntimeError(f"apply ended with {done.returncode}: {done.stdout}{done.stderr}")

    def start(self, ready=True, failpoint=None):
        """`failpoint` is where it kills itself: engine/host/failpoint.hpp."""
        environment = dict(os.environ, MILLRACE_FAILPOINT=failpoint) if failpoint else None
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([BUILD / "bin" / "millrace", "run", "--config", self.file], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, start_new_session=True, env=environment)
        if ready:
            self.wait_ready()

    def wait_ready(self, seconds=60):
        wait_for(f"the engine is ready\n{self.last_words()}", lambda: self.ready()["ready"], seconds)

    def ready(self):
        """What the admin address says; not ready where nobody answers."""
        if self.process.poll() is not None:
            raise AssertionError(f"the engine ended with {self.process.returncode}:\n{self.last_words()}")
        try:
            return self.get("/ready")
        except urllib.error.HTTPError as error:
            return json.loads(error.read())
        except OSError:
            return {"ready": False, "why_not": ["nobody answers"]}

    def text(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}{path}", timeout=10) as answer:
            return answer.read().decode()

    def get(self, path):
        return json.loads(self.text(path))

    def reload(self, query=""):
        """The receipt."""
        return self.change("/reload" + query)

    def change(self, path):
        """The receipt, whether it went through or was refused."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin}{path}", data=b"", headers={"Accept": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return json.loads(error.read())

    def active(self):
        """Pipeline → hash."""
        return {pipeline["pipeline"]: pipeline["hash"] for pipeline in self.get("/rules/active")["pipelines"]}

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Its exit code after SIGTERM."""
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the engine did not end within a minute of SIGTERM:\n{self.last_words()}") from None

    def last_words(self, count=25):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:]) if self.log.exists() else ""
