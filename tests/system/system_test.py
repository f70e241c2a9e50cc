"""The whole path on real servers: what was acknowledged is stored once, whatever happens meanwhile."""
import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from senders import Senders, check  # noqa: E402
from world import BUILD, INGEST, LOAD, ROOT, Engine, Scenario, Servers, free_port, wait_for  # noqa: E402

sys.path.insert(0, str(ROOT / "tests" / "engine" / "host"))
import metrics_page  # noqa: E402

PARTITIONED = """
topic "parts.rows.dead" { partitions 1 }
table parts.t from topic "parts.a" {
  id    uuid        = id
  at    timestamptz = meta.received_at
  words text[]      = split(note, " ") else null
  who   varchar(8)  = device           else reject
  primary key (id, at)
  on conflict keep first
  partition by hour of at keep 30 days
  index (who)
  dead_letter "parts.rows.dead"
}
"""
SEED = int(os.environ.get("MILLRACE_SEED", random.SystemRandom().randrange(1_000_000)))
KILLS = int(os.environ.get("MILLRACE_KILLS", 30))
RELOADS = int(os.environ.get("MILLRACE_RELOADS", 1000))


def setUpModule():
    global SERVERS, FOLDER, KAFKA, POSTGRES
    SERVERS = Servers("system", SEED)
    FOLDER, KAFKA, POSTGRES = SERVERS.folder, SERVERS.kafka, SERVERS.postgres


def tearDownModule():
    SERVERS.remove()


def post(port, body):
    """(status, answer)"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/events", body, {"Content-Type": "application/x-ndjson"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, text


def ping(kind="a", **more):
    return {"id": str(uuid.uuid4()), "device": "d", "seq": 0, "kind": kind, **more}


def lines(events):
    return b"\n".join(json.dumps(event).encode() for event in events)


class System(unittest.TestCase):
    def scenario(self, name):
        return Scenario(name, FOLDER, KAFKA, POSTGRES)

    def engine(self, scenario, *arguments, **named):
        engine = Engine(scenario, *arguments, **named)
        self.addCleanup(lambda: engine.process and engine.process.poll() is None and engine.kill())
        return engine

    def test_what_is_posted_is_stored_and_what_is_broken_is_dead_lettered(self):
        scenario = self.scenario("plain")
        engine = self.engine(scenario)
        engine.apply()
        engine.start()
        good = [ping(random.choice("ab")) for _ in range(2000)]
        broken = [b'{"id": 1', b'{"id":"no uuid","device":"d","seq":1,"kind":"a"}', lines([ping(note="a\x00b")]),
                  b'{"device":"d","seq":1,"kind":"a"}']
        for start in range(0, len(good), 100):
            status, answer = post(engine.http, lines(good[start:start + 100]) + b"\n" + broken[start // 100 % 4])
            self.assertEqual(status, 200, answer)
        logged = scenario.logged()
        wait_for("all is loaded", lambda: scenario.is_loaded(logged), 60)
        stored = scenario.stored()
        self.assertEqual(set(stored), {event["id"] for event in good})
        self.assertEqual(set(stored.values()), {1})
        # What no router can read is in Kafka's dead letter; what only a table cannot hold, in PostgreSQL's.
        self.assertEqual(logged["plain.dead"] + scenario.dead(), 20)
        page = engine.text("/metrics")
        self.assertEqual(metrics_page.against_conventions(page), [])
        self.assertEqual(metrics_page.against_table(page, ROOT / "docs/operations/metrics.md"), [])
        self.assertEqual(engine.command("status").returncode, 0)
        self.assertEqual(engine.stop(), 0)

    def test_a_table_has_partitions_lists_and_a_dead_letter_topic(self):
        scenario = self.scenario("parts")
        scenario.write_rules(more=PARTITIONED)
        engine = self.engine(scenario, pipelines=INGEST + LOAD + 'sink.kafka    = {{ brokers = "{brokers}" }}\n')
        engine.apply()
        engine.start()
        events = [ping(device="far too long" if i % 50 == 7 else "d", note=f"event {i}") for i in range(1000)]
        for start in range(0, len(events), 100):
            status, answer = post(engine.http, lines(events[start:start + 100]))
            self.assertEqual(status, 200, answer)
        wait_for("all is loaded", lambda: scenario.is_loaded(scenario.logged()), 60)
        good = {event["id"]: event["note"] for event in events if event["device"] == "d"}
        rows = POSTGRES.sql("select id, words[1] || ' ' || words[2] from parts.t")
        self.assertEqual({row[0]: row[1] for row in rows}, good)
        self.assertEqual(len(rows), len(good))
        self.assertEqual(set(scenario.stored()), set(good), "an event is stored whole or not at all")
        self.assertEqual((scenario.logged()["parts.rows.dead"], scenario.dead()), (len(events) - len(good), 0))
        outside = "select count(*) from parts.t where tableoid::regclass::text <> 'parts.t_' || to_char(at at time zone 'UTC', "
        self.assertEqual(POSTGRES.sql(outside + "'YYYY_MM_DD_HH24')"), [["0"]])
        self.assertEqual(engine.stop(), 0)

    def test_kill_9_at_random_moments_loses_nothing(self):
        scenario = self.scenario("killed")
        engine = self.engine(scenario)
        engine.apply()
        engine.start()
        dice = random.Random(SEED)
        senders = Senders(engine.http, seed=SEED, pause=0.005).start()
        for _ in range(KILLS):
            # Sometimes while it starts, sometimes while both pipelines work.
            before = senders.acknowledged()
            if dice.random() < 0.8:
                wait_for("events are taken again", lambda: senders.acknowledged() > before + dice.randrange(2000), 60)
            engine.kill()
            engine.start(ready=False)
        engine.wait_ready()
        senders.finish()
        stored = check(self, senders, scenario)
        print(f"kill -9: {KILLS} kills, {stored} events, {senders.unanswered} requests without an answer", file=sys.stderr)
        self.assertEqual(engine.stop(), 0)

    def test_two_engines_share_the_work_and_one_is_killed(self):
        scenario = self.scenario("pair")
        first = self.engine(scenario)
        second = self.engine(scenario, 1, http=first.http)
        first.apply()
        first.start()
        second.start()
        senders = Senders(first.http, seed=SEED + 1, pause=0.005).start()
        for victim in (second, first):
            goal = senders.acknowledged() + 2000
            wait_for("events are taken", lambda: senders.acknowledged() > goal, 60)
            victim.kill()
            goal = senders.acknowledged() + 2000
            wait_for("the other one goes on", lambda: senders.acknowledged() > goal, 60)
            victim.start()
        senders.finish()
        check(self, senders, scenario)
        self.assertEqual((first.stop(), second.stop()), (0, 0))

    def test_reloads_under_load_lose_nothing_and_what_is_refused_changes_nothing(self):
        scenario = self.scenario("reloaded")
        engine = self.engine(scenario)
        engine.apply()
        engine.start()
        senders = Senders(engine.http, threads=2, seed=SEED + 2, pause=0.01).start()
        active = {p["pipeline"]: p["hash"] for p in engine.get("/rules/active")["pipelines"]}
        for number in range(RELOADS):
            if number % 5 == 4:
                scenario.rules.write_text("edition 1\nevent ping { id: uid }\n")
                receipt = engine.reload()
                self.assertFalse(receipt["accepted"], receipt)
                self.assertIn("pings.rules:2:", receipt["error"])
                now = {p["pipeline"]: p["hash"] for p in engine.get("/rules/active")["pipelines"]}
                self.assertEqual(now, active)
                continue
            scenario.write_rules(header=f'  header "version" = "{number}"')
            receipt = engine.reload()
            self.assertTrue(receipt["accepted"], receipt)
            for pipeline in receipt["pipelines"]:
                self.assertEqual(pipeline["old"], active[pipeline["pipeline"]])
                self.assertEqual(len(pipeline["switched"]), 2, receipt)
                active[pipeline["pipeline"]] = pipeline["new"]
        senders.finish()
        scenario.write_rules(header=f'  header "version" = "last"')
        stored = check(self, senders, scenario)
        print(f"reload: {RELOADS} reloads, {stored} events", file=sys.stderr)
        self.assertTrue(all(sent.attempts == 1 for sent in senders.ledger.values()), "a reload made a sender wait or fail")
        self.assertEqual(engine.stop(), 0)

    def test_postgres_restarts_under_load(self):
        scenario = self.scenario("pg")
        engine = self.engine(scenario)
        engine.apply()
        engine.start()
        senders = Senders(engine.http, seed=SEED + 3, pause=0.005).start()
        for how in ("restart", "kill", "restart"):
            goal = senders.acknowledged() + 1000
            wait_for("events are taken", lambda: senders.acknowledged() > goal, 60)
            POSTGRES.do(how)
            if how == "kill":
                POSTGRES.do("start")
        senders.finish()
        check(self, senders, scenario)
        self.assertEqual(engine.stop(), 0)

    def test_the_broker_restarts_under_load(self):
        scenario = self.scenario("broker")
        engine = self.engine(scenario)
        engine.apply()
        engine.start()
        senders = Senders(engine.http, seed=SEED + 4, pause=0.005).start()
        for how in ("restart", "kill"):
            goal = senders.acknowledged() + 1000
            wait_for("events are taken", lambda: senders.acknowledged() > goal, 90)
            KAFKA.do(how)
            if how == "kill":
                KAFKA.do("start")
        goal = senders.acknowledged() + 1000
        wait_for("events are taken again", lambda: senders.acknowledged() > goal, 90)
        senders.finish()
        check(self, senders, scenario, seconds=120)
        self.assertEqual(engine.stop(), 0)

    def test_kafka_absent_at_start_is_said_and_waited_for(self):
        scenario = self.scenario("absent")
        engine = self.engine(scenario)
        engine.apply()
        KAFKA.do("stop")
        engine.start(ready=False)
        wait_for("it says what it waits for",
                 lambda: any("kafka" in reason for reason in engine.ready()["why_not"]), 60)
        self.assertFalse(engine.ready()["ready"])
        KAFKA.do("start")
        engine.wait_ready(90)
        status, answer = post(engine.http, lines([ping()]))
        self.assertEqual(status, 200, answer)
        wait_for("it is stored", lambda: len(scenario.stored()) == 1, 60)
        self.assertEqual(engine.stop(), 0)

    def line_of(self, scenario, text):
        """`file:line` of the line that begins with the text."""
        numbered = enumerate(scenario.rules.read_text().splitlines(), 1)
        return f"{scenario.rules}:{next(number for number, line in numbered if line.strip().startswith(text))}"

    def test_check_connect_tells_what_differs_at_the_line_of_the_rules(self):
        scenario = self.scenario("drift")
        engine = self.engine(scenario)
        engine.apply()
        engine.file.write_text(engine.file.read_text().replace("[engine]", '[engine]\ncheck_deadline = "3s"'))
        # A topic that was just made is not known to every broker at once.
        wait_for("nothing is wrong", lambda: engine.command("check", "--connect").returncode == 0, 60)

        POSTGRES.sql("alter table drift.a drop column note; alter table drift.a alter device type integer using 1;"
                     "alter table drift.a alter seq drop not null; alter table drift.b alter note set not null;"
                     "alter table drift.b add owner text not null")
        KAFKA.do("topic", "drift.more", "2")
        scenario.write_rules(more="""topic "drift.more" { event ping  partitions 3 }
topic "drift.none" { event ping }
router more for ping { match first dead_letter "drift.dead"
  route m when kind == "m" to topic "drift.more"
  otherwise to topic "drift.none"
}
table drift.n from topic "drift.none" { id uuid = id }
""")
        engine.file.write_text(engine.file.read_text() + f"""
[pipeline.more]
source.file  = {{ path = "{scenario.folder}/none.ndjson" }}
router.rules = {{ file = "{scenario.rules}", run = "more" }}
sink.kafka   = {{ brokers = "{KAFKA.address}" }}
""")
        found = engine.command("check", "--connect")
        self.assertEqual(found.returncode, 1, found.stderr)
        in_tables = [
            ("error: table drift.a has no column 'note'", 'table drift.a', "note   text"),
            ("error: table drift.a has 'device' as integer, the rules write text", 'table drift.a', "device text"),
            ("warning: table drift.a lets 'seq' be NULL, which the rules never make it", 'table drift.a', "seq    bigint"),
            ("error: table drift.b has 'note' NOT NULL, and the rules may leave it null", 'table drift.b', "note   text"),
            ("error: table drift.b has a column 'owner' that is NOT NULL without a default", 'table drift.b', None),
            ("error: table drift.n does not exist", 'table drift.n', None),
        ]
        rules = scenario.rules.read_text().splitlines()
        for text, table, column in in_tables:
            line = next(i for i, each in enumerate(rules) if each.startswith(table + " "))
            while column is not None and not rules[line].strip().startswith(column):
                line += 1
            self.assertIn(f"{text}", found.stderr)
            after = found.stderr[found.stderr.index(text):].splitlines()
            self.assertIn(f"--> {scenario.rules}:{line + 1}:", after[1], text)
        for text, place in [("warning: topic 'drift.more' has 2 partitions, the rules say 3", 'topic "drift.more"'),
                            ("error: topic 'drift.none' is not there", 'topic "drift.none"')]:
            after = found.stderr[found.stderr.index(text):].splitlines()
            self.assertIn(f"--> {self.line_of(scenario, place)}:", after[1], text)
        # The source of the pipeline that loads reads it too.
        self.assertIn("warning: topic 'drift.none' is not there", found.stderr)
        told = json.loads(engine.command("check", "--connect", "--format", "json").stdout)
        self.assertEqual([pipeline["pipeline"] for pipeline in told], ["drift_ingest", "drift_load", "more"])
        self.assertIn(("sink.postgres", "drift.a", "note", "error"),
                      [(each["instance"], each["target"], each["item"], each["severity"]) for each in told[1]["diagnostics"]
                       if "target" in each])

        POSTGRES.do("stop")
        try:
            without = engine.command("check", "--connect")
        finally:
            POSTGRES.do("start")
        self.assertEqual(without.returncode, 5, without.stderr)
        self.assertRegex(without.stderr, r"left out: drift\.a, drift\.b, drift\.n of sink\.postgres of pipeline 'drift_load': .*127\.0\.0\.1")
        self.assertIn("error: topic 'drift.none' is not there", without.stderr)

        nobody = free_port()
        engine.file.write_text(engine.file.read_text().replace(KAFKA.address, f"127.0.0.1:{nobody}"))
        without = engine.command("check", "--connect")
        self.assertEqual(without.returncode, 5, without.stderr)
        self.assertIn(f"left out: drift.a, drift.b, drift.dead of sink.kafka of pipeline 'drift_ingest': "
                      f"no broker of '127.0.0.1:{nobody}'", without.stderr)
        self.assertIn("left out: source.kafka of pipeline 'drift_load': no broker", without.stderr)
        self.assertIn("error: table drift.a has no column 'note'", without.stderr)

    def groups_and_topics(self):
        groups = KAFKA.tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server", KAFKA.address, "--list")
        topics = KAFKA.tool("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", KAFKA.address, "--list")
        return sorted(groups.split()), sorted(topics.split())

    def test_a_topic_is_looked_at_as_a_file_is_and_nothing_is_left_of_that(self):
        scenario = self.scenario("looked")
        engine = self.engine(scenario, pipelines=INGEST)
        engine.apply()
        engine.start()
        sent = [ping(device=f"d{i}", note=f"note {i}") for i in range(200)]
        for event in sent:
            event["seq"] = len(event["device"])
        self.assertEqual(post(engine.http, lines(sent[:100]) + b'\n{"id": 1\n' + lines(sent[100:]))[0], 200)
        self.assertEqual(engine.stop(), 0)
        before = self.groups_and_topics()
        millrace = BUILD / "bin" / "millrace"

        def run(*arguments, cwd=scenario.folder):
            return subprocess.run([millrace, *arguments], capture_output=True, text=True, check=False, cwd=cwd)

        brokers = ("--brokers", KAFKA.address)
        inferred = run("infer", "kafka:looked.a", *brokers)
        self.assertEqual(inferred.returncode, 0, inferred.stderr)
        self.assertIn("From 200 events of kafka:looked.a", inferred.stdout)
        self.assertIn('topic "looked.a"', inferred.stdout)
        self.assertIn("From 7 events", run("infer", "kafka:looked.a", "--limit", "7", *brokers).stdout)
        self.assertIn("From 200 events", run("infer", "kafka:looked.a", *brokers, "--kafka-property", "client.id=me").stdout)

        broken = run("infer", "kafka:looked.dead", *brokers)
        self.assertEqual(broken.returncode, 1)
        self.assertRegex(broken.stderr, r"kafka:looked\.dead partition 0 offset 0: .*\n")
        self.assertIn("1 of 1 records is no event", broken.stderr)

        # The cluster of a configuration; the topic's own tables, as the rules declare it.
        engine.file.write_text(engine.file.read_text() + LOAD.format(
            name="looked", brokers=KAFKA.address, rules=scenario.rules, url=POSTGRES.address))
        other = scenario.folder / "other.rules"
        other.write_text(scenario.rules.read_text().replace('note   text   = note else null', 'note   text   = upper(note) else null'))
        at = ("--events", "kafka:looked.a", "-c", engine.file)
        found = run("diff", scenario.rules, other, *at)
        self.assertEqual(found.returncode, 1, found.stderr)
        self.assertIn("200 events, 200 changed", found.stdout)
        self.assertRegex(found.stdout, r"column note of looked\.a: .*\n +partition 0 offset 0: ")
        told = json.loads(run("diff", scenario.rules, other, *at, "--limit", "10", "--format", "json").stdout)
        self.assertEqual((told["events"], told["changed"]), (10, 10))
        self.assertEqual(told["columns"][0]["partition"], 0)
        self.assertGreater(told["columns"][0]["offset"], 0, "the newest")
        routed = run("explain", scenario.rules, "--event", "kafka:looked.a", "--router", "pings", "--format", "json", *brokers)
        self.assertEqual([json.loads(line)["rules"] for line in routed.stdout.splitlines()], [["a"]] * 200)
        ways = run("explain", scenario.rules, "--event", "kafka:looked.a", "--limit", "1", *brokers).stdout
        self.assertRegex(ways, r"partition \d offset \d+\n")
        self.assertIn("row of looked.a", ways)

        self.assertEqual(self.groups_and_topics(), before)

        missing = run("infer", "kafka:looked.aa", *brokers)
        self.assertEqual(missing.returncode, 2)
        self.assertIn("has no topic 'looked.aa'; did you mean 'looked.a'?", missing.stderr)
        engine.file.write_text(engine.file.read_text().replace(KAFKA.address, f"127.0.0.1:{free_port()}").replace(
            "[engine]", '[engine]\ncheck_deadline = "1s"'))
        away = run("diff", scenario.rules, other, *at)
        self.assertEqual(away.returncode, 5, away.stderr)
        self.assertIn("kafka:looked.a: no broker of '127.0.0.1:", away.stderr)

    def test_a_poison_row_in_each_position_fails_only_itself(self):
        scenario = self.scenario("poison")
        engine = self.engine(scenario)
        engine.apply()
        POSTGRES.sql("alter table poison.a add check (note is distinct from 'poison')")
        engine.start()
        good, dead = [], []
        for position in range(10):
            batch = [ping(note="poison" if index == position else "fine") for index in range(10)]
            dead.append(batch[position])
            good += batch[:position] + batch[position + 1:]
            self.assertEqual(post(engine.http, lines(batch))[0], 200)
        logged = scenario.logged()
        wait_for("all is loaded", lambda: scenario.is_loaded(logged), 60)
        self.assertEqual(set(scenario.stored()), {event["id"] for event in good})
        rows = POSTGRES.sql("select convert_from(payload, 'UTF8'), sqlstate from millrace.dead_letter where pipeline = 'poison_load'")
        self.assertEqual({json.loads(row[0])["id"] for row in rows}, {event["id"] for event in dead})
        self.assertEqual({row[1] for row in rows}, {"23514"})
        self.assertEqual(engine.stop(), 0)


if __name__ == "__main__":
    unittest.main()
