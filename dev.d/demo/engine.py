"""The engine as an operator runs it: a configuration file, `millrace apply`, `millrace run`, and its admin address."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"

HEAD = """# Written by ./dev demo; run it with: build/release/bin/millrace run --config {file}
[engine]
admin   = "127.0.0.1:{admin}"
plugins = ["{plugins}"]
"""
WITH_KAFKA = """
[pipeline.ingest]
workers      = 1
source.http  = {{ listen = "127.0.0.1:0", port_file = "{port_file}" }}
router.rules = {{ file = "{rules}", run = "{router}" }}
sink.kafka   = {{ brokers = "{brokers}" }}

[pipeline.load]
workers       = 1
source.kafka  = {{ brokers = "{brokers}", group = "millrace-demo" }}
router.rules  = {{ file = "{rules}", run = "tables" }}
sink.postgres = {{ url = "{url}" }}
"""
DIRECT = """
[pipeline.direct]
workers       = 1
source.http   = {{ listen = "127.0.0.1:0", port_file = "{port_file}" }}
router.rules  = {{ file = "{rules}", run = "{router}", load = true }}
sink.postgres = {{ url = "{url}" }}
"""
MODEL = """
[pipeline.model]
workers         = 1
source.generate = {{ events = {count} }}
router.rules    = {{ file = "{rules}", run = "copy" }}
sink.file       = {{ path = "{out}", sync = false }}
"""
MODEL_RULES = """edition 1
event anything { id: uuid }
topic "model" { event anything }
topic "model.dead" { }
router copy for anything {
  match first
  dead_letter "model.dead"
  otherwise to topic "model"
}
"""


def make_model(folder, count):
    """The first `count` events of the model case, one line of bytes each: generated and written to a file by the engine."""
    folder = folder / "model"
    folder.mkdir()
    file, rules, out = folder / "millrace.toml", folder / "copy.rules", folder / "events.ndjson"
    rules.write_text(MODEL_RULES)
    file.write_text((HEAD + MODEL).format(file=file, admin=free_port(), plugins=BUILD / "plugins", count=count, rules=rules, out=out))
    done = subprocess.run([BUILD / "bin" / "millrace", "run", "--config", file], capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"cannot make events of the model: {done.stderr.decode(errors='replace').strip()}")
    with open(out, "rb") as lines:
        return [json.loads(line)["payload"].encode() for line in lines]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Engine:
    def __init__(self, folder, case, url, brokers):
        self.folder = folder
        self.file = folder / "millrace.toml"
        self.log = folder / "millrace.log"
        self.port_file = folder / "http.port"
        self.admin = free_port()
        text = (HEAD + (WITH_KAFKA if brokers else DIRECT)).format(
            file=self.file, admin=self.admin, plugins=BUILD / "plugins", port_file=self.port_file, brokers=brokers, url=url,
            rules=ROOT / case.rules, router=case.router)
        self.file.write_text(text)
        self.process = None

    def command(self, *arguments):
        return [str(BUILD / "bin" / "millrace"), *map(str, arguments)]

    def apply(self):
        """Creates topics and tables; the plan goes to a file, the answer says how much there was to do."""
        with open(self.folder / "apply.log", "w+b") as log:
            done = subprocess.run(self.command("apply", "--config", self.file), stdout=log, stderr=log, check=False)
            log.seek(0)
            said = log.read().decode(errors="replace")
        if done.returncode != 0:
            raise RuntimeError(f"millrace apply ended with {done.returncode}:\n{said}")
        steps = [line.removeprefix("-- ") for line in said.splitlines() if line.startswith("-- ") and "done" in line]
        return f"{'; '.join(steps)} (all of it: {log.name})"

    def start(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command("run", "--config", self.file), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            start_new_session=True)
        (self.folder / "millrace.pid").write_text(str(self.process.pid))
        deadline = time.monotonic() + 60
        while not self.is_ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"the engine ended with {self.process.returncode}:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the engine is not ready after a minute:\n{self.last_words()}")
            time.sleep(0.05)

    @property
    def http(self):
        """The port that takes events."""
        return int(self.port_file.read_text())

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/ready", timeout=2) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def last_words(self, count=20):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def has_died(self):
        return self.process is not None and self.process.poll() is not None

    def stop(self):
        """Asks it to drain, and says how it ended."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise RuntimeError(f"the engine did not end within a minute of SIGTERM:\n{self.last_words()}") from None
        if code != 0:
            raise RuntimeError(f"the engine ended with {code}:\n{self.last_words()}")


def stop_left_over(folder):
    """Ends the engine of an earlier --keep, if its process is still the one that was started."""
    try:
        pid = int((folder / "millrace.pid").read_text())
        if str(folder).encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + 30
            while pathlib.Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
                if " Z " in pathlib.Path(f"/proc/{pid}/stat").read_text():
                    break
                time.sleep(0.05)
    except (OSError, ValueError):
        pass
