"""Looks into Kafka and PostgreSQL with their own tools, not with the engine's."""
import base64
import csv
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUPPORT = ROOT / "tests" / "support"
csv.field_size_limit(1 << 27)


class Kafka:
    def __init__(self, brokers):
        self.brokers = brokers

    def tool(self, name, *arguments):
        command = [SUPPORT / "kafka", "tool", name, "--bootstrap-server", self.brokers, *arguments]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{name}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def counts(self):
        """topic → messages in it."""
        counts = {}
        for time, sign in ((-1, 1), (-2, -1)):
            for line in self.tool("org.apache.kafka.tools.GetOffsetShell", "--time", str(time)).decode().split():
                topic, _, offset = line.rsplit(":", 2)
                counts[topic] = counts.get(topic, 0) + sign * int(offset)
        return counts

    def values(self, topic, count):
        """The values of the first `count` messages of a topic."""
        if count == 0:
            return []
        out = self.tool("org.apache.kafka.tools.consumer.ConsoleConsumer", "--topic", topic, "--from-beginning",
                        "--max-messages", str(count), "--timeout-ms", "30000")
        return out.split(b"\n")[:-1]


class Postgres:
    def __init__(self, url):
        self.url = url

    def rows(self, query):
        command = ["psql", self.url, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", f"COPY ({query}) TO STDOUT (FORMAT csv)"]
        environment = dict(os.environ, PGCLIENTENCODING="UTF8")
        done = subprocess.run(command, capture_output=True, check=False, env=environment)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode(errors="replace").strip())
        return [tuple(row) for row in csv.reader(done.stdout.decode().splitlines(keepends=True))]

    def count(self, table):
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def read_so_far(self):
        """topic → messages that the engine says are stored; it tells when to look, not what was found."""
        rows = self.rows("SELECT topic, sum(next_offset) FROM millrace.source_offset GROUP BY topic")
        return {topic: int(read) for topic, read in rows}

    def dead_letters(self):
        """(topic, payload, reason) of each dead letter that the engine keeps in PostgreSQL."""
        rows = self.rows("SELECT topic, encode(payload, 'base64'), reason FROM millrace.dead_letter")
        return [(topic, base64.b64decode(payload), reason) for topic, payload, reason in rows]


def identities(case, values):
    """The identities of messages as they lie in a topic; those that are no event of the case are left out."""
    found = []
    for value in values:
        try:
            identity = case.identity(json.loads(value))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if all(isinstance(part, str) for part in identity):
            found.append(identity)
    return found
