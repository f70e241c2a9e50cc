"""What an operator does to a running system, on real servers: reload, history, rollback, restart, a database that is away, and
engines that change together."""
import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import signal
import statistics
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from senders import Senders, check  # noqa: E402
from world import INGEST, LOAD, Engine, Scenario, Servers, wait_for  # noqa: E402

SEED = int(os.environ.get("MILLRACE_SEED", random.SystemRandom().randrange(1_000_000)))
KILLS = int(os.environ.get("MILLRACE_KILLS_AT_A_PLACE", 1))
# Of two pipelines; an engine that starts keeps a receipt, too: three records with the note that they are not outside yet. A change
# keeps a ruleset, what is active and a receipt of each pipeline.
PLACES = ["prepare", "prepare:2", "swap", "swap:2", "switched", "keep:2", "journal:2", "spread:4", "spread:5", "spread:6", "spread:9",
          "kept:2"]
# Of a change of all engines: what whoever proposes passes, and whoever follows. Each takes most of a minute, until the one that was
# killed counts as vanished, so three are drawn unless all are asked for.
PROPOSING = ["proposal", "announced", "decide", "decided", "switched", "keep:2"]
FOLLOWING = ["prepare", "prepared", "answered", "swap", "journal:2"]
ASKED_FOR = os.environ.get("MILLRACE_PLACES", "").split()
PATIENCE_MS = 2_000  # that a change has with what keeps its receipt


def setUpModule():
    global SERVERS, FOLDER, KAFKA, POSTGRES
    SERVERS = Servers("changes", SEED)
    FOLDER, KAFKA, POSTGRES = SERVERS.folder, SERVERS.kafka, SERVERS.postgres


def tearDownModule():
    SERVERS.remove()


def version(number):
    return f'  header "version" = "{number}"'


def server():
    """All processes of PostgreSQL, the one that takes connections first."""
    def parent(process):
        with contextlib.suppress(OSError):  # it has ended
            return int(re.search(r"^PPid:\t(\d+)", (process / "status").read_text(), re.M)[1])
    processes = [process for process in pathlib.Path("/proc").iterdir() if process.name.isdigit()]
    main = parent(pathlib.Path("/proc") / POSTGRES.sql("select pid from pg_stat_activity where pid <> pg_backend_pid() and "
                                                       "backend_type = 'client backend'")[0][0])
    return [main, *(int(process.name) for process in processes if parent(process) == main)]


@contextlib.contextmanager
def hanging(processes):
    """They do nothing, and nobody is told."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


class Changes(unittest.TestCase):
    def scenario(self, name):
        return Scenario(name, FOLDER, KAFKA, POSTGRES)

    def engine(self, scenario, *arguments, **named):
        engine = Engine(scenario, *arguments, **named)
        self.addCleanup(lambda: engine.process and engine.process.poll() is None and engine.kill())
        return engine

    def reloaded(self, engine, scenario, number):
        """The receipt of a change to rules that name this version."""
        scenario.write_rules(header=version(number))
        receipt = engine.reload()
        self.assertTrue(receipt["accepted"], receipt)
        self.assertEqual({pipeline["pipeline"]: pipeline["new"] for pipeline in receipt["pipelines"]}, engine.active())
        return receipt

    def senders(self, engine):
        senders = Senders(engine.http, threads=2, seed=SEED, pause=0.01).start()
        wait_for("events are taken", lambda: senders.acknowledged() > 200, 60)
        return senders

    def stored_receipts(self, pipeline):
        rows = POSTGRES.sql(f"select id, receipt->>'what', receipt->>'accepted' from millrace.receipt where pipeline = '{pipeline}'")
        return {row[0]: (row[1], row[2]) for row in rows}

    def undisturbed(self, senders):
        self.assertTrue(all(sent.attempts == 1 for sent in senders.ledger.values()), "a change made a sender wait or fail")

    def test_a_rollback_brings_back_rules_whose_files_are_gone(self):
        scenario = self.scenario("back")
        engine = self.engine(scenario)
        engine.apply()
        engine.start()
        senders = self.senders(engine)
        texts, hashes = [scenario.rules.read_text()], [engine.active()["back_load"]]
        there = self.reloaded(engine, scenario, 2)
        texts.append(scenario.rules.read_text())
        hashes.append(engine.active()["back_load"])

        listed = engine.command("history").stdout.splitlines()[0]
        for word in (there["id"], "reload", "accepted", f"{hashes[0][:12]} -> {hashes[1][:12]}"):
            self.assertIn(word, listed)

        scenario.rules.unlink()
        gone = engine.reload()
        self.assertFalse(gone["accepted"], gone)
        scenario.rules.write_text("edition 1\nevent ping { id: uid }\n")
        spoilt = engine.reload()
        self.assertFalse(spoilt["accepted"], spoilt)
        self.assertEqual(engine.active()["back_load"], hashes[1])

        back = engine.command("rollback", hashes[0][:8], "--format", "json")
        self.assertEqual(back.returncode, 0, back.stdout + back.stderr)
        back = json.loads(back.stdout)
        self.assertEqual((back["what"], back["not_kept"]), ("rollback", ""))
        for pipeline in back["pipelines"]:
            self.assertEqual((pipeline["old"], pipeline["new"]), (hashes[1], hashes[0]))
            self.assertEqual(len(pipeline["switched"]), 2, back)
        self.assertEqual(set(engine.active().values()), {hashes[0]})
        self.assertEqual(scenario.rules.read_text(), "edition 1\nevent ping { id: uid }\n", "a rollback changes no file")

        for text, identity in zip(texts, hashes):
            folder = scenario.folder / identity[:8]
            shown = engine.command("show", identity[:8], "--out", folder)
            self.assertEqual(shown.returncode, 0, shown.stderr)
            self.assertEqual((folder / scenario.rules.name).read_text(), text)

        goal = senders.acknowledged() + 200
        wait_for("events are taken", lambda: senders.acknowledged() > goal, 60)
        senders.finish()
        check(self, senders, scenario)
        self.undisturbed(senders)
        for pipeline in ("back_ingest", "back_load"):
            kept = self.stored_receipts(pipeline)
            self.assertEqual(kept[there["id"]], ("reload", "true"))
            self.assertEqual((kept[gone["id"]], kept[spoilt["id"]]), (("reload", "false"), ("reload", "false")))
            self.assertEqual(kept[back["id"]], ("rollback", "true"))
            rulesets = POSTGRES.sql("select key, encode(bytes, 'hex') from millrace.record where kind = 'ruleset' and "
                                    f"scope = '{pipeline}'")
            files = {row[0]: bytes.fromhex(row[1]).decode() for row in rulesets}
            self.assertEqual(set(files), set(hashes))
            for text, identity in zip(texts, hashes):
                self.assertIn(text, files[identity])
        self.assertEqual(engine.stop(), 0)

    def test_a_restart_begins_with_what_was_active_last_or_with_the_files(self):
        scenario = self.scenario("again")
        engine = self.engine(scenario, settings='start_with = "last"\n')
        engine.apply()
        engine.start()
        first = engine.active()
        self.reloaded(engine, scenario, 2)
        second = engine.active()
        self.assertTrue(engine.change("/rollback")["accepted"])
        self.assertEqual(engine.stop(), 0)

        engine.start()
        self.assertEqual(engine.active(), first)
        self.assertIn("begins with the ruleset that was active last", engine.last_words(100))
        senders = self.senders(engine)
        senders.finish()
        check(self, senders, scenario)
        self.assertEqual(engine.stop(), 0)

        engine.file.write_text(engine.file.read_text().replace('"last"', '"files"'))
        engine.start()
        self.assertEqual(engine.active(), second)
        self.assertIn("begins with the rules files, which are not what was active last", engine.last_words(100))
        self.assertEqual(engine.stop(), 0)

    def test_a_reload_does_not_wait_for_a_database_that_is_away(self):
        scenario = self.scenario("away")
        engine = self.engine(scenario)
        engine.apply()
        engine.start()
        senders = self.senders(engine)
        usual = statistics.median(self.reloaded(engine, scenario, number)["duration_us"] for number in range(3)) / 1000
        POSTGRES.do("stop")
        try:
            receipt = self.reloaded(engine, scenario, "without")
        finally:
            POSTGRES.do("start")
        self.assertNotEqual(receipt["not_kept"], "", receipt)
        # All but the patience that keeping it has; a machine that others use too is given a second.
        self.assertLess(receipt["duration_us"] / 1000, usual + PATIENCE_MS + 1000)
        switched = max(worker["at_us"] for pipeline in receipt["pipelines"] for worker in pipeline["switched"])
        self.assertLess((switched - receipt["at_us"]) / 1000, usual + 1000, "the switch waited for the database")
        for pipeline in ("away_ingest", "away_load"):
            wait_for("the receipt is in PostgreSQL", lambda: receipt["id"] in self.stored_receipts(pipeline), 60)
        active = engine.active()["away_load"]
        wait_for("the ruleset too", lambda: POSTGRES.sql(
            f"select count(*) from millrace.record where kind = 'ruleset' and key = '{active}'") == [["2"]], 30)
        senders.finish()
        check(self, senders, scenario)
        self.assertEqual(engine.stop(), 0)

    def test_a_reload_does_not_wait_for_a_database_that_hangs(self):
        scenario = self.scenario("hangs")
        engine = self.engine(scenario)
        engine.apply()
        engine.start()
        senders = self.senders(engine)
        usual = statistics.median(self.reloaded(engine, scenario, number)["duration_us"] for number in range(3)) / 1000
        # It takes connections and statements and says nothing. Whether the tables are there cannot be asked.
        with hanging(server()):
            began = time.monotonic()
            there = self.reloaded(engine, scenario, "hanging")
            listed = engine.command("history").stdout
            back = engine.change("/rollback")
            took = time.monotonic() - began
        self.assertIn("could not be checked", str(there["pipelines"][1]["findings"]))
        for receipt in (there, back):
            self.assertTrue(receipt["accepted"], receipt)
            self.assertNotEqual(receipt["not_kept"], "", receipt)
        self.assertIn(there["id"], listed, "what is here can be seen")
        # Of each change the wait for a connection, which is 5 s, and for the record; then once for what is only there. A machine
        # that others use too is given some seconds.
        self.assertLess(took * 1000, 2 * (usual + 5_000 + PATIENCE_MS) + 20_000)
        for pipeline in ("hangs_ingest", "hangs_load"):
            for receipt in (there, back):
                wait_for("the receipt is in PostgreSQL", lambda: receipt["id"] in self.stored_receipts(pipeline), 60)
        senders.finish()
        check(self, senders, scenario)
        self.assertEqual(engine.stop(), 0)

    def killed_by(self, engine, change):
        """The engine kills itself while it does it."""
        with self.assertRaises((OSError, http.client.HTTPException)):
            change()
        self.assertEqual(engine.process.wait(10), -signal.SIGKILL)

    def test_a_kill_at_any_place_of_a_reload_leaves_the_old_or_the_new_rules(self):
        scenario = self.scenario("places")
        engine = self.engine(scenario, settings='start_with = "last"\n')
        engine.apply()
        engine.start()
        senders = Senders(engine.http, threads=2, seed=SEED, pause=0.01).start()
        number = 0
        for place in PLACES * KILLS:
            old = self.whole(engine)
            engine.stop()
            engine.start(failpoint=place)
            self.assertEqual(self.whole(engine), old, place)
            number += 1
            scenario.write_rules(header=version(number))
            self.killed_by(engine, engine.reload)
            engine.start()
            came_up = self.whole(engine)
            receipt = engine.reload()
            self.assertTrue(receipt["accepted"], f"{place}: {receipt}")
            self.assertIn(came_up, {old, self.whole(engine)}, place)
        senders.finish()
        check(self, senders, scenario)
        self.assertEqual(engine.stop(), 0)

    def whole(self, engine):
        """The one ruleset that all pipelines have."""
        hashes = set(engine.active().values())
        self.assertEqual(len(hashes), 1, hashes)
        return hashes.pop()

    def test_engines_of_one_pipeline_change_together_or_not_at_all(self):
        scenario = self.scenario("council")
        # The second one runs a router of its own, so that there are rules which only it refuses.
        both = """router others for ping {
  match first
  dead_letter "council.dead"
  otherwise to topic "council.b" { key device }
}
"""
        scenario.write_rules(more=both)
        first = self.engine(scenario, settings=f'state = "{scenario.folder}/state0"\n')
        second = self.engine(scenario, 1, http=first.http, settings=f'state = "{scenario.folder}/state1"\n',
                             pipelines=INGEST.replace('run = "pings"', 'run = "others"') + LOAD)
        first.apply()
        first.start(failpoint="decided:3")  # the first decision lets all switch, the second none
        second.start()

        def vanished(asked):
            """Of each pipeline, whether each of its engines has."""
            listed = asked.get("/engines")["engines"]
            return sorted((one["pipeline"], one["vanished"]) for one in listed)

        there = [("council_ingest", False)] * 2 + [("council_load", False)] * 2
        for engine in (first, second):
            wait_for("both engines are listed", lambda: vanished(engine) == there, 30)
        senders = self.senders(first)
        before = first.active()
        self.assertEqual(second.active(), before)

        scenario.write_rules(header=version(2), more=both)
        done = first.command("reload", "--all", "--format", "json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        receipt = json.loads(done.stdout)
        self.assertEqual([vote["text"] for vote in receipt["engines"]], ["switched"])
        together = first.active()
        self.assertNotEqual(together, before)
        self.assertEqual(second.active(), together)

        scenario.write_rules(header=version(3))
        done = first.command("reload", "--all", "--format", "json")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        refused = json.loads(done.stdout)
        self.assertFalse(refused["accepted"], refused)
        self.assertIn("others", refused["error"])
        self.assertEqual((first.active(), second.active()), (together, together))

        # Whoever decided ends before it switches: the other one does what was decided.
        scenario.write_rules(header=version(4), more=both)
        self.killed_by(first, lambda: first.reload("?all=true"))
        wait_for("the other one switches", lambda: set(second.active().values()).isdisjoint(together.values()), 30)
        decided = second.active()

        gone = sorted(there[::2] + [(pipeline, True) for pipeline, _ in there[::2]])
        wait_for("the one that was killed is shown as vanished", lambda: vanished(second) == gone, 60)
        scenario.write_rules(header=version(5), more=both)
        receipt = second.reload("?all=true")
        self.assertTrue(receipt["accepted"], receipt)
        self.assertEqual([vote["text"] for vote in receipt["engines"]], ["vanished"])
        self.assertNotEqual(second.active(), decided)
        senders.finish()
        check(self, senders, scenario)
        self.assertEqual(second.stop(), 0)

    def test_a_kill_at_any_place_of_a_change_of_all_engines_leaves_them_with_the_same_rules(self):
        scenario = self.scenario("votes")
        state = 'start_with = "last"\nstate = "{}/state{}"\n'
        first = self.engine(scenario, settings=state.format(scenario.folder, 0))
        second = self.engine(scenario, 1, http=first.http, settings=state.format(scenario.folder, 1))
        first.apply()
        first.start()
        second.start()
        senders = Senders(first.http, threads=2, seed=SEED, pause=0.05).start()
        every = [("proposes", place) for place in PROPOSING] + [("follows", place) for place in FOLLOWING]
        chosen = [one for one in every if one[1] in ASKED_FOR] * KILLS or \
            (every * KILLS if KILLS > 1 else random.Random(SEED).sample(every, 3))
        for number, (who, place) in enumerate(chosen):
            print(f"{number + 1} of {len(chosen)}: {who}, {place}", file=sys.stderr, flush=True)
            killed, other = (first, second) if who == "proposes" else (second, first)
            old = self.whole(other)
            killed.stop()
            killed.start(failpoint=place)
            wait_for("both know of each other", lambda: len(self.there(first)) == len(self.there(second)) == 2, 60)
            scenario.write_rules(header=version(number))
            said = len(other.log.read_text())
            if who == "proposes":
                self.killed_by(first, lambda: first.reload("?all=true"))
                if place in ("decided", "switched", "keep:2"):  # what was decided holds, and is what was active last
                    wait_for("the other one switches", lambda: self.whole(second) != old, 60)
                    new = self.whole(second)
                    wait_for("and says so", lambda: POSTGRES.sql(
                        "select count(*) from millrace.record where kind = 'activation' and scope like 'votes%' and "
                        f"convert_from(bytes, 'UTF8') = '{new}'") >= [["2"]], 30)
            else:
                asking = threading.Thread(target=lambda: first.reload("?all=true"))
                asking.start()
                self.assertEqual(second.process.wait(60), -signal.SIGKILL)
                asking.join()
            killed.start()
            came_up = self.whole(killed)
            if place in ("announced", "decide"):
                wait_for("the other one gives it up", lambda: "a change was refused" in other.log.read_text()[said:], 60)
            wait_for("both have the same rules", lambda: self.whole(other) == self.whole(killed), 60)
            self.assertEqual(came_up, self.whole(other), place)
            if place in ("proposal", "announced", "decide"):
                self.assertEqual(came_up, old, place)
            else:
                self.assertNotEqual(came_up, old, place)
            # Nobody has to wait until the one that was killed vanishes, now that it is over.
            POSTGRES.sql("delete from millrace.record where kind = 'engine' and key not in ("
                         f"{', '.join(repr(self.name_of(engine)) for engine in (first, second))})")
            again = first.reload("?all=true")
            self.assertTrue(again["accepted"], again)
            self.assertEqual(self.whole(first), self.whole(second), again)
        senders.finish()
        check(self, senders, scenario)
        self.assertEqual((first.stop(), second.stop()), (0, 0))

    def name_of(self, engine):
        """As others know it."""
        return engine.get("/engines")["engine"]

    def there(self, engine):
        """The engines of its first pipeline that have not vanished, as this one knows them."""
        listed = engine.get("/engines")["engines"]
        return {one["engine"] for one in listed if not one["vanished"] and one["pipeline"].endswith("ingest")}


if __name__ == "__main__":
    unittest.main()
