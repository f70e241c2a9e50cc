"""Another configuration and newer plugins for a running engine, on real servers and under load: each event that was acknowledged
arrives once, whatever is exchanged meanwhile."""
import os
import pathlib
import random
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from senders import Senders, check  # noqa: E402
from world import BUILD, INGEST, LOAD, Engine, Scenario, Servers, free_port, wait_for  # noqa: E402

SEED = int(os.environ.get("MILLRACE_SEED", random.SystemRandom().randrange(1_000_000)))
CHANGES = int(os.environ.get("MILLRACE_CHANGES", 12))
UPGRADED = ["sink.kafka", "source.http", "source.kafka", "sink.postgres"]


def setUpModule():
    global SERVERS
    SERVERS = Servers("configuration", SEED)


def tearDownModule():
    SERVERS.remove()


def newer(plugin, version):
    """The bytes of a plugin file with another version in its note and in its table, both of the same length as before."""
    data = plugin.read_bytes()
    at = data.index(b" 0.1.0\0")
    assert len(version) == 5 and at > 0
    return data.replace(b"0.1.0\0", version.encode() + b"\0")


class Configuration(unittest.TestCase):
    def setUp(self):
        name = self.id().rsplit("test_", 1)[1][:12]
        self.scenario = Scenario(name, SERVERS.folder, SERVERS.kafka, SERVERS.postgres)
        self.engine = Engine(self.scenario, settings='memory = "96MiB"\nstop_deadline = "20s"\n')
        self.addCleanup(lambda: self.engine.process and self.engine.process.poll() is None and self.engine.kill())
        self.plugins = self.scenario.folder / "plugins"
        self.plugins.mkdir()
        for file in (BUILD / "plugins").glob("*.so"):
            shutil.copy(file, self.plugins)
        self.base = self.engine.file.read_text().replace(str(BUILD / "plugins"), str(self.plugins))
        self.engine.file.write_text(self.base)
        self.engine.apply()
        self.engine.start()
        self.senders = Senders(self.engine.http, threads=3, seed=SEED, pause=0.005).start()
        self.goes_on()

    def goes_on(self, events=200):
        goal = self.senders.acknowledged() + events
        wait_for("events are taken", lambda: self.senders.acknowledged() > goal, 60)

    def write(self, *replacements):
        text = self.base
        for old, new in replacements:
            self.assertIn(old, text)
            text = text.replace(old, new)
        fresh = self.engine.file.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self.engine.file)

    def changed(self, *replacements, names=()):
        """The receipt of a reload that went through and speaks of these."""
        self.write(*replacements)
        receipt = self.engine.reload()
        self.assertTrue(receipt["accepted"], receipt["error"] + "\n" + self.engine.last_words())
        for name in names:
            self.assertTrue(any(name in difference for difference in receipt["configuration"]), receipt["configuration"])
        return receipt

    def ends_well(self, sound=True):
        self.goes_on()
        self.senders.finish()
        check(self, self.senders, self.scenario)
        if sound:
            self.assertEqual(self.engine.stop(), 0)

    def place(self, plugin, version):
        kind, name = plugin.split(".")
        target = self.plugins / f"{kind}_{name}-{version}.so"
        fresh = target.with_suffix(".new")
        fresh.write_bytes(newer(self.plugins / f"{kind}_{name}.so", version))
        fresh.rename(target)
        return target

    def named(self):
        broker, url, port = SERVERS.kafka.address, SERVERS.postgres.address, self.engine.http
        other = broker.replace("127.0.0.1", "localhost")
        self.assertNotEqual(other, broker)
        more = INGEST.replace("{name}_ingest", "{name}_more").format(name=self.scenario.name, http=free_port(), rules=self.scenario.rules,
                                                                    brokers=broker)
        return {
            "sink.kafka": [(f'sink.kafka   = {{ brokers = "{broker}"', f'sink.kafka   = {{ brokers = "{other}"')],
            "sink.postgres": [(f'url = "{url}"', f'url = "{url}", lock_timeout = "9s"')],
            "source.http": [(f'listen = "127.0.0.1:{port}"', f'listen = "0.0.0.0:{port}"')],
            "source.kafka": [('"heartbeat.interval.ms" = "300"', '"heartbeat.interval.ms" = "250"')],
            "workers": [("workers      = 2", "workers      = 3"), ("workers       = 2", "workers       = 1")],
            "memory": [('memory = "96MiB"', 'memory = "64MiB"')],
            "_more": [("[pipeline." + self.scenario.name + "_load]", more + "\n[pipeline." + self.scenario.name + "_load]")],
        }

    def test_each_kind_of_change(self):
        """One after the other and back again, and each loses nothing."""
        before = self.engine.active()
        for name, replacements in self.named().items():
            with self.subTest(name):
                self.changed(*replacements, names=[name])
                self.goes_on()
                self.changed(names=[name])
                self.goes_on(50)
        self.assertEqual(self.engine.active(), before)
        self.assertEqual(self.changed()["configuration"], [])
        self.ends_well()

    def test_what_cannot_work_is_refused_and_named(self):
        dead = free_port()
        broker, url = SERVERS.kafka.address, SERVERS.postgres.address
        for replacement, words in (
            ((f'sink.kafka   = {{ brokers = "{broker}"', f'sink.kafka   = {{ brokers = "127.0.0.1:{dead}"'), "sink.kafka"),
            ((f'url = "{url}"', f'url = "postgresql://127.0.0.1:{dead}/none"'), "sink.postgres"),
            (("workers      = 2", "workers      = -2"), "workers"),
            (("source.kafka  = {", "source.kafak  = {"), "kafak"),
        ):
            with self.subTest(words):
                self.write(replacement)
                receipt = self.engine.reload()
                self.assertFalse(receipt["accepted"], receipt)
                self.assertIn(words, receipt["error"])
                self.goes_on(50)
        self.write(('memory = "96MiB"', 'memory = "96MiB"\nlog_format = "json"'))
        self.assertTrue(any("log_format of [engine] takes a restart" in note for note in self.engine.reload()["notes"]))
        self.ends_well()

    def test_newer_plugins_take_the_place_of_older_ones(self):
        for plugin in UPGRADED:
            nothing = self.engine.command("plugins", "upgrade", plugin)
            self.assertEqual(nothing.returncode, 1, nothing.stdout + nothing.stderr)
            self.assertIn("is the newest in its folder; put a newer one beside it", nothing.stdout + nothing.stderr)
            self.place(plugin, "0.2.0")
            self.assertEqual(self.engine.reload()["configuration"], [], "a reload changes no version")
            done = self.engine.command("plugins", "upgrade", plugin)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            name = plugin.split(".")[1]
            self.assertIn(f"{plugin} (plugin {name} 0.1.0 -> {name} 0.2.0)", done.stdout)
            self.goes_on()
        unknown = self.engine.command("plugins", "upgrade", "sink.kafak")
        self.assertIn("did you mean 'sink.kafka'?", unknown.stdout + unknown.stderr)
        replaced = self.plugins / "sink_file.so"  # by another file of its name, as an installer does it
        replaced.rename(self.plugins / "gone")
        shutil.copy(self.plugins / "gone", replaced)
        notes = self.engine.reload()["notes"]
        self.assertTrue(any("sink_file.so" in note and "was replaced since it was loaded" in note for note in notes), notes)
        overwritten = self.plugins / "source_generate.so"  # in its place; it is loaded, and no code of it runs
        overwritten.write_bytes(overwritten.read_bytes() + b"\0")
        for answer in (self.engine.reload(), self.engine.change("/upgrade/source.generate")):
            self.assertFalse(answer["accepted"])
            self.assertIn("source_generate.so: was written over while it is loaded", answer["error"])
        self.ends_well(sound=False)  # at its end the system calls what stands in that file

    def test_many_changes_under_load(self):
        """Whatever is changed at random, and one in six that cannot work: MILLRACE_CHANGES of them."""
        dice = random.Random(SEED)
        named, chosen, versions, taken = self.named(), set(), dict.fromkeys(UPGRADED, 10), 0
        dead = ('sink.kafka   = { brokers = "', f'sink.kafka   = {{ brokers = "127.0.0.1:{free_port()},nowhere.invalid:1", x = "')
        for number in range(CHANGES):
            if number % 6 == 5:
                self.write(*[one for name in sorted(chosen - {"sink.kafka"}) for one in named[name]], dead)
                self.assertFalse(self.engine.reload()["accepted"])
            elif number % 6 == 2:
                plugin = dice.choice(UPGRADED)
                versions[plugin] += 1
                self.place(plugin, "0.{}.{}".format(*divmod(versions[plugin], 10)))
                self.write(*[one for name in sorted(chosen) for one in named[name]])
                receipt = self.engine.change("/upgrade/" + plugin)
                self.assertTrue(receipt["accepted"], f"change {number}: {receipt['error']}\n{self.engine.last_words()}")
                taken += 1
            else:
                chosen ^= {dice.choice(sorted(named))}
                self.changed(*[one for name in sorted(chosen) for one in named[name]])
                taken += 1
        print(f"{taken} changes taken over, {self.senders.acknowledged()} events", file=sys.stderr)
        self.ends_well()


if __name__ == "__main__":
    unittest.main()
