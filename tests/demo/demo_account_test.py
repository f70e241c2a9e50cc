"""The demo's account on a real Kafka and a real PostgreSQL: it must see what is missing and what is there twice."""
import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "dev.d" / "demo"))
import cases
import demo
import events
import witness

from demo_parts_test import edit

TABLES = """
CREATE SCHEMA wiki; CREATE SCHEMA millrace;
CREATE TABLE wiki.edits (at timestamptz, channel text, page text, author text);
CREATE TABLE wiki.robot_edits (LIKE wiki.edits);
CREATE TABLE wiki.anonymous_edits (LIKE wiki.edits);
CREATE TABLE wiki.large_edits (LIKE wiki.edits);
CREATE TABLE millrace.dead_letter (topic text, payload bytea, reason text);
"""


class Account(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)  # first, so that it comes last: the servers are found through it
        for name in ("postgres", "kafka"):
            address = cls.server(name, "start")
            cls.addClassCleanup(cls.server, name, "remove")
            setattr(cls, name, address)
        cls.database, cls.log = witness.Postgres(cls.postgres), witness.Kafka(cls.kafka)
        cls.psql(TABLES)
        cls.good = [events.encode(edit(n, page="tab\tquote\" comma, line")).encode() for n in range(20)]
        cls.good += [events.encode(edit(n, isRobot=True, delta=6000)).encode() for n in range(20, 30)]
        cls.bad = events.broken(cls.good, 6)
        for topic in ["wikipedia.edits", "wikipedia.robots", "wikipedia.large", cases.Wikipedia.dead_topic]:
            cls.server("kafka", "topic", topic, "2")
        cls.produce("wikipedia.edits", cls.good[:20] + [cls.bad[2]])
        cls.produce("wikipedia.robots", cls.good[20:])
        cls.produce("wikipedia.large", cls.good[20:] + cls.good[20:21])
        cls.produce("wikipedia.dead", [cls.bad[0], cls.bad[1], cls.bad[3], cls.bad[4]])

    @classmethod
    def server(cls, name, *arguments):
        command = [witness.SUPPORT / name, *arguments, "--dir", pathlib.Path(cls.folder.name) / name]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()

    @classmethod
    def psql(cls, text):
        subprocess.run(["psql", cls.postgres, "-q", "-v", "ON_ERROR_STOP=1"], input=text, check=True, text=True)

    @classmethod
    def produce(cls, topic, lines):
        subprocess.run([witness.SUPPORT / "kafka", "tool", "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server",
                        cls.kafka, "--topic", topic], input=b"\n".join(lines) + b"\n", check=True)

    def fill(self, rows, robots, dead):
        def values(lines):
            identities = map(cases.Wikipedia.identity, map(events.json.loads, lines))
            return ", ".join(f"(to_timestamp({ms}::numeric / 1000), '{channel}', '{page}', '{author}')"
                             for ms, channel, page, author in identities)

        self.psql("TRUNCATE wiki.edits, wiki.robot_edits, wiki.large_edits, millrace.dead_letter;"
                  f"INSERT INTO wiki.edits VALUES {values(rows)}; INSERT INTO wiki.robot_edits VALUES {values(robots)};"
                  f"INSERT INTO wiki.large_edits VALUES {values(self.good[20:])};")
        for payload in dead:
            self.psql(f"INSERT INTO millrace.dead_letter VALUES ('t', '\\x{payload.hex()}', 'because')")

    def account(self):
        with contextlib.redirect_stdout(io.StringIO()):
            expectation = cases.Expectation(cases.Wikipedia, self.good)
            last, lines = demo.account(cases.Wikipedia, self.good, self.bad, expectation, self.database, self.log)
        return last, {line.name: line for line in lines}

    def test_a_copy_too_many_in_a_topic_is_seen(self):
        self.fill(self.good[:20], self.good[20:], [self.bad[2], self.bad[5]])
        last, lines = self.account()
        self.assertEqual("demo: sent=36 stored=30 dead_lettered=6 lost=0 twice=1", last)
        self.assertEqual(1, lines["topic wikipedia.large"].twice)

    def test_a_row_missing_and_a_row_too_many_are_seen(self):
        self.fill(self.good[:20] + self.good[3:4], self.good[21:], [self.bad[2], self.bad[5]])
        last, lines = self.account()
        self.assertEqual("demo: sent=36 stored=29 dead_lettered=6 lost=1 twice=2", last)
        self.assertEqual((1, 0), (lines["table wiki.edits"].twice, lines["table wiki.edits"].lost))
        self.assertEqual(1, lines["table wiki.robot_edits"].lost)

    def test_a_broken_event_without_a_dead_letter_is_lost(self):
        self.fill(self.good[:20], self.good[20:], [self.bad[2], self.bad[2]])
        last, lines = self.account()
        self.assertEqual("demo: sent=36 stored=30 dead_lettered=5 lost=1 twice=2", last)
        self.assertEqual((1, 1), (lines["dead letters"].lost, lines["dead letters"].twice))

    def test_a_good_event_in_the_dead_letters_is_told(self):
        self.fill(self.good[1:20], self.good[20:], [self.bad[2], self.bad[5], self.good[0]])
        last, lines = self.account()
        self.assertEqual("demo: sent=36 stored=29 dead_lettered=7 lost=0 twice=1", last)
        self.assertEqual(1, lines["table wiki.edits"].dead)


if __name__ == "__main__":
    unittest.main()
