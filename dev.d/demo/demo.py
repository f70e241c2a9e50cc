"""./dev demo: the whole way of an event with real servers, and an account of what arrived. See dev.d/demo.sh for its use."""
import argparse
import pathlib
import shutil
import subprocess
import sys
import threading
import time

import cases
import compare
import engine
import events
import post
import witness

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".run" / "demo"
SETTLE_S = 120


def say(text):
    print(f"demo: {text}", file=sys.stderr, flush=True)


class Progress:
    """One line that is rewritten on a terminal, and a line every few seconds elsewhere."""

    def __init__(self):
        self.live = sys.stderr.isatty()
        self.next = 0.0

    def show(self, text, last=False):
        now = time.monotonic()
        if not last and now < self.next:
            return
        self.next = now + (0.2 if self.live else 3)
        if self.live:
            print(f"\r\033[Kdemo: {text}", end="\n" if last else "", file=sys.stderr, flush=True)
        else:
            say(text)


def server(name, *arguments):
    command = [witness.SUPPORT / name, *arguments, "--dir", FOLDER / name]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def clean_up():
    engine.stop_left_over(FOLDER)
    for name in ("kafka", "postgres"):
        if (FOLDER / name).exists():
            server(name, "remove")
    shutil.rmtree(FOLDER, ignore_errors=True)


def post_all(runner, lines):
    """Posts the lines while showing how it goes; returns the seconds that it took."""
    poster = post.Poster("127.0.0.1", runner.http)
    failed = []
    thread = threading.Thread(target=lambda: attempt(poster.run, lines, failed), daemon=True)
    progress, begin = Progress(), time.monotonic()
    thread.start()
    while thread.is_alive():
        thread.join(0.1)
        if runner.has_died():
            raise RuntimeError(f"the engine ended while events were posted:\n{runner.last_words()}")
        progress.show(f"posted {poster.posted:,} of {len(lines):,}")
    if failed:
        raise failed[0]
    took = time.monotonic() - begin
    again = f", {poster.repeated:,} of them again after being told to wait" if poster.repeated else ""
    progress.show(f"posted {poster.posted:,} of {len(lines):,} in {took:.1f} s{again}", last=True)
    return took


def attempt(action, argument, failed):
    try:
        action(argument)
    except Exception as error:  # told by the thread that waits
        failed.append(error)


def wait_until_settled(runner, case, database, want):
    """Until tables and dead letters in PostgreSQL together hold what must get there, or nothing has moved for a while."""
    progress, seen, still_since = Progress(), -1, time.monotonic()
    while True:
        there = sum(database.count(table) for table in case.table_of.values()) + database.count("millrace.dead_letter")
        if there >= want:
            progress.show(f"loaded {there:,}", last=True)
            return
        if there != seen:
            seen, still_since = there, time.monotonic()
        if runner.has_died():
            raise RuntimeError(f"the engine ended while events were loaded:\n{runner.last_words()}")
        if time.monotonic() - still_since > SETTLE_S:
            progress.show(f"loaded {there:,} of {want:,}, and nothing more for {SETTLE_S} s", last=True)
            return
        progress.show(f"loaded {there:,} of {want:,}")
        time.sleep(0.1)


def account(case, good, bad, database, log):
    """Every topic, every table and the dead letters, compared with what was sent."""
    wanted = cases.expected(case, good)
    dead_rows = database.dead_letters()
    dead_values = [payload for _, payload, _ in dead_rows]
    lines = []
    if log:
        counts = log.counts()
        for topic, identities in wanted.items():
            values = log.values(topic, counts.get(topic, 0))
            good_values = [value for value in values if not compare.MARK.search(value)]
            lines.append(compare.Line(f"topic {topic}", identities, witness.identities(case, good_values), []))
        dead_values += log.values(case.dead_topic, counts.get(case.dead_topic, 0))
    tables = []
    given_up = witness.identities(case, dead_values)
    for topic, identities in wanted.items():
        found = database.rows(f"SELECT {case.identity_sql} FROM {case.table_of[topic]}")
        tables.append(compare.Line(f"table {case.table_of[topic]}", identities, found, given_up))
    sent_marks = compare.marks(bad)
    broken = compare.broken_line(sent_marks, dead_values)
    everything = lines + tables + [broken]
    print(compare.report(everything))
    homes = [line for topic, line in zip(wanted, tables) if topic not in case.copies]
    return (f"demo: sent={len(good) + len(bad)} stored={sum(line.stored for line in homes)}"
            f" dead_lettered={broken.dead + sum(line.dead for line in homes)}"
            f" lost={sum(line.lost for line in everything)} twice={sum(line.twice for line in everything)}"), everything


def look_around(runner, url, brokers, case):
    table = next(iter(case.table_of.values()))
    print("everything is left running:")
    print(f"  psql {url} -c 'SELECT * FROM {table} LIMIT 5'")
    print(f"  curl -s http://127.0.0.1:{runner.admin}/metrics")
    print(f"  curl -i http://127.0.0.1:{runner.http}/ -d '{{\"an\": \"event\"}}'")
    if brokers:
        print(f"  ./dev kafka tool org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server {brokers}"
              f" --from-beginning --topic {case.dead_topic}")
    print(f"  less {runner.log}")
    print("  ./dev demo --stop")


def demo(options):
    case = cases.Wikipedia
    clean_up()
    FOLDER.mkdir(parents=True)
    data = subprocess.run([witness.SUPPORT / "wikipedia"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    good = events.wikipedia(data)
    bad = events.broken(good)
    say("starting PostgreSQL" if options.direct else "starting PostgreSQL and Kafka")
    url = server("postgres", "start")
    brokers = None if options.direct else server("kafka", "start")
    runner = engine.Engine(FOLDER, case, url, brokers)
    try:
        say(f"applying {case.rules}")
        runner.apply()
        say("starting the engine")
        runner.start()
        post_all(runner, events.mix(good, bad))
        database, log = witness.Postgres(url), witness.Kafka(brokers) if brokers else None
        wanted = sum(len(identities) for identities in cases.expected(case, good).values()) + len(bad)
        refused_before = log.counts().get(case.dead_topic, 0) if log else 0  # these never get to PostgreSQL
        wait_until_settled(runner, case, database, wanted - refused_before)
        say("comparing what was sent with what is there")
        last_line, lines = account(case, good, bad, database, log)
        if options.keep:
            look_around(runner, url, brokers, case)
        else:
            runner.stop()
        print(last_line)
        return 0 if all(line.lost == line.twice == line.strange == 0 for line in lines) else 1
    finally:
        if not options.keep:
            runner.stop()
            for name in ("kafka", "postgres"):
                if (FOLDER / name).exists():
                    server(name, "remove")


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", add_help=False)
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--events", type=int)
    parser.add_argument("--stop", action="store_true")
    options = parser.parse_args()
    if options.stop:
        clean_up()
        return 0
    try:
        return demo(options)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
