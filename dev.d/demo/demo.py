"""./dev demo: the whole way of an event with real servers, and an account of what arrived. See dev.d/demo.sh for its use."""
import argparse
import concurrent.futures
import pathlib
import shutil
import signal
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


def wait_until_settled(runner, expectation, database, want, ends):
    """Until tables and dead letters in PostgreSQL together hold what must get there and every topic is read to its end
    (`ends`: topic → messages), or nothing has moved for a while."""
    progress, seen, still_since = Progress(), None, time.monotonic()
    tables = [table.name for table, _ in expectation.tables] + ["millrace.dead_letter"]
    while True:
        there, read = sum(map(database.count, tables)), database.read_so_far()
        if there >= want and all(read.get(topic, 0) >= end for topic, end in ends.items()):
            progress.show(f"loaded {there:,} rows and dead letters", last=True)
            return
        if (there, read) != seen:
            seen, still_since = (there, read), time.monotonic()
        if runner.has_died():
            raise RuntimeError(f"the engine ended while events were loaded:\n{runner.last_words()}")
        if time.monotonic() - still_since > SETTLE_S:
            progress.show(f"loaded {there:,} of {want:,}, and nothing more for {SETTLE_S} s", last=True)
            return
        progress.show(f"loaded {there:,} of {want:,} rows and dead letters")
        time.sleep(0.1)


def account(case, good, bad, expectation, database, log):
    """Every topic, every table and the dead letters, compared with what was sent."""
    dead_values = [payload for _, payload, _ in database.dead_letters()]
    lines = []
    if log:
        counts = log.counts()
        dead_values += log.values(case.dead_topic, counts.get(case.dead_topic, 0))
        topics = expectation.topics.items()
        with concurrent.futures.ThreadPoolExecutor(2) as readers:
            read = readers.map(lambda topic: log.values(topic, counts.get(topic, 0)), expectation.topics)
        for (topic, identities), values in zip(topics, read):
            values = [value for value in values if not compare.MARK.search(value)]
            lines.append(compare.Line(f"topic {topic}", identities, witness.identities(case, values), []))
    given_up = witness.identities(case, dead_values)
    homes = []
    for table, rows in expectation.tables:
        line = compare.Line(f"table {table.name}", rows, database.rows(table.sql), given_up)
        lines.append(line)
        homes += [line] if table.is_home else []
    broken = compare.broken_line(compare.marks(bad), dead_values)
    lines.append(broken)
    print(compare.report(lines))
    last = (f"demo: sent={len(good) + len(bad)} stored={sum(line.stored for line in homes)}"
            f" dead_lettered={broken.dead + sum(line.dead for line in homes)}"
            f" lost={sum(line.lost for line in lines)} twice={sum(line.twice for line in lines)}")
    if expectation.merged or expectation.dropped:
        last += f" merged={expectation.merged} dropped={expectation.dropped}"
    return last, lines


def look_around(runner, url, brokers, case):
    table = case.tables()[0].name
    print("everything is left running:")
    print(f"  psql {url} -c 'SELECT * FROM {table} LIMIT 5'")
    print(f"  curl -s http://127.0.0.1:{runner.admin}/metrics")
    print(f"  curl -i http://127.0.0.1:{runner.http}/events -d '{{\"an\": \"event\"}}'")
    if brokers:
        print(f"  ./dev kafka tool org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server {brokers}"
              f" --from-beginning --topic {case.dead_topic}")
    print(f"  less {runner.log}")
    print("  ./dev demo --stop")


def events_of(options):
    """(case, good lines, broken lines)"""
    if options.events is not None:
        say(f"making {options.events:,} events of the model")
        return cases.Model, engine.make_model(FOLDER, options.events), []
    data = subprocess.run([witness.SUPPORT / "wikipedia"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    good = events.wikipedia(data)
    return cases.Wikipedia, good, events.broken(good)


def demo(options):
    clean_up()
    FOLDER.mkdir(parents=True)
    case, good, bad = events_of(options)
    expectation = cases.Expectation(case, good)
    say("starting PostgreSQL" if options.direct else "starting PostgreSQL and Kafka")
    url = server("postgres", "start")
    brokers = None if options.direct else server("kafka", "start")
    runner = engine.Engine(FOLDER, case, url, brokers)
    try:
        say(f"applying {case.rules}")
        say(f"  {runner.apply()}")
        say("starting the engine")
        runner.start()
        post_all(runner, events.mix(good, bad))
        database, log = witness.Postgres(url), witness.Kafka(brokers) if brokers else None
        counts = log.counts() if log else {}
        refused_before = counts.get(case.dead_topic, 0)  # these never get to PostgreSQL
        ends = {topic: counts[topic] for topic in expectation.loaded_topics() if topic in counts}
        wait_until_settled(runner, expectation, database, expectation.row_count + len(bad) - refused_before, ends)
        say("comparing what was sent with what is there")
        last, lines = account(case, good, bad, expectation, database, log)
        if options.keep:
            look_around(runner, url, brokers, case)
        else:
            runner.stop()
        print(last)
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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    try:
        return demo(options)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
