#!/usr/bin/env python3
"""The metrics of a running engine against the conventions of Prometheus, and against what docs/operations says of them.

usage: metrics_page_test.py MILLRACE BUILD SOURCE
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import metrics_page

MILLRACE, BUILD, SOURCE = "", pathlib.Path(), pathlib.Path()
NAME = re.compile(r"\bmillrace_\w+")
# As C++ and C name them: the first text behind the call.
MADE = re.compile(r'(?:counter|gauge|histogram|metric|sample)\(\s*(?:[\w.>-]+,\s*)?(?:MR_\w+,\s*)?"([a-z][a-z0-9_]*)"')


# Figures for which an alert is given, and figures near them for which it is not. As promtool writes them: FROM+STEPxTIMES.
UP = {"millrace_ready": "1x120"}
P, T = 'pipeline="load"', 'pipeline="load",topic="t"'
ALERTS = {
    "MillraceDown": ({"other": "1x120"}, UP),
    "MillraceNotReady": ({"millrace_ready": "0x120"}, {"millrace_ready": "0x116 1x4"}),
    "MillraceEventsFailed": ({f'millrace_verdicts_total{{{P},verdict="failed"}}': "0x115 1x5"},
                             {f'millrace_verdicts_total{{{P},verdict="delivered"}}': "0+1x120"}),
    "MillracePartitionStopped": ({f"millrace_kafka_partitions_stopped{{{P}}}": "1x120"},
                                 {f"millrace_kafka_partitions_stopped{{{P}}}": "0x120"}),
    "MillraceTargetsHeld": ({f'millrace_targets_held{{{P},instance="s"}}': "1x120"},
                            {f'millrace_targets_held{{{P},instance="s"}}': "0x117 1x3"}),
    "MillracePostgresWaits": ({f"millrace_postgres_held{{{P}}}": "1x120"}, {f"millrace_postgres_held{{{P}}}": "0x117 1x3"}),
    "MillraceLagGrows": ({f"millrace_kafka_lag_records{{{P}}}": "10000+100x120"},
                         {f"millrace_kafka_lag_records{{{P}}}": "90000-100x120"}),
    # A partition that went to another worker says NaN.
    "MillraceRetentionRunsOut": ({f'millrace_retention_left_seconds{{{T},partition="0"}}': "90000-60x120",
                                  f'millrace_retention_left_seconds{{{T},partition="1"}}': "604800x120"},
                                 {f'millrace_retention_left_seconds{{{T},partition="0"}}': " ".join(["NaN"] * 121),
                                  f'millrace_retention_left_seconds{{{T},partition="1"}}': "90000x120"}),
    "MillraceSinkStuck": ({f"millrace_kafka_unsettled_seconds{{{P}}}": "0+60x120"},
                          {f"millrace_kafka_unsettled_seconds{{{P}}}": "299x120"}),
    "MillraceMemoryFull": ({f"millrace_bytes_in_flight{{{P}}}": "96x120", f"millrace_bytes_in_flight_limit{{{P}}}": "100x120"},
                           {f"millrace_bytes_in_flight{{{P}}}": "90x120", f"millrace_bytes_in_flight_limit{{{P}}}": "100x120"}),
    "MillraceDeadLetters": ({f'millrace_verdicts_total{{{P},verdict="dead_lettered"}}': "0+2x120",
                             f'millrace_verdicts_total{{{P},verdict="delivered"}}': "0+98x120"},
                            {f'millrace_verdicts_total{{{P},verdict="dead_lettered"}}': "0+1x120",
                             f'millrace_verdicts_total{{{P},verdict="delivered"}}': "0+199x120"}),
    "MillraceRetries": ({f'millrace_delivery_retries_total{{{P},instance="s"}}': "0+60x120"},
                        {f'millrace_delivery_retries_total{{{P},instance="s"}}': "0+5x120"}),
    "MillraceSlowAnswers": ({f"millrace_http_deadlines_total{{{P}}}": "0+1x120"}, {f"millrace_http_deadlines_total{{{P}}}": "7x120"}),
    "MillraceFenced": ({f"millrace_postgres_fenced_total{{{P}}}": "0+1x120"}, {f"millrace_postgres_fenced_total{{{P}}}": "0x110 1x10"}),
    "MillraceFailoverLostRows": ({f"millrace_postgres_rewind_total{{{P}}}": "0x90 1x30"}, {f"millrace_postgres_rewind_total{{{P}}}": "1x120"}),
    # What was in flight when the hour began is done in it and was read before.
    "MillraceOffsetsSkipped": ({f"millrace_postgres_offsets_total{{{P}}}": "0+100x120", f"millrace_kafka_records_total{{{P}}}": "0+90x120",
                                f"millrace_kafka_holes_total{{{P}}}": "0+5x120", f"millrace_events_in_flight{{{P}}}": "200x120"},
                               {f"millrace_postgres_offsets_total{{{P}}}": "0+100x120", f"millrace_kafka_records_total{{{P}}}": "0+90x120",
                                f"millrace_kafka_holes_total{{{P}}}": "0+5x120", f"millrace_events_in_flight{{{P}}}": "400x120"}),
    "MillraceRulesetsDiffer": ({f'millrace_ruleset_info{{{P},ruleset="a",instance="1"}}': "1x120",
                                f'millrace_ruleset_info{{{P},ruleset="b",instance="2"}}': "1x120"},
                               {f'millrace_ruleset_info{{{P},ruleset="a",instance="1"}}': "1x120",
                                f'millrace_ruleset_info{{{P},ruleset="a",instance="2"}}': "1x120"}),
    "MillraceContractBroken": ({f'millrace_contract_violations_total{{{P},instance="s"}}': "0x90 1x30"},
                               {f'millrace_contract_violations_total{{{P},instance="s"}}': "1x120"}),
}


def table():
    return SOURCE / "docs" / "operations" / "metrics.md"


def pages():
    """The page of an engine with a source that listens and one that reads, after some events."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "events.ndjson").write_text("not json\n{}\n")
        (folder / "millrace.toml").write_text(f"""
[engine]
admin = "127.0.0.1:0"
plugins = ["{BUILD}/plugins"]
[pipeline.listens]
source.http  = {{ listen = "127.0.0.1:0" }}
router.rules = {{ file = "{SOURCE}/rules/wikipedia/wikipedia.rules", run = "edits" }}
sink.null    = {{}}
[pipeline.reads]
source.file  = {{ path = "{folder}/events.ndjson", follow = true }}
router.rules = {{ file = "{SOURCE}/rules/wikipedia/wikipedia.rules", run = "edits" }}
sink.null    = {{}}
""")
        engine = subprocess.Popen([MILLRACE, "run", "-c", folder / "millrace.toml"], stderr=subprocess.PIPE, text=True)
        try:
            address = next(line.rsplit("address=", 1)[1].strip() for line in engine.stderr if "the admin address listens" in line)
            while True:
                with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
                    page = answer.read().decode()
                settled = re.findall(r'^millrace_verdicts_total\{pipeline="reads".*\} (\d+)$', page, re.M)
                if "millrace_ready 1" in page and sum(map(int, settled)) == 2:
                    return page
        finally:
            engine.send_signal(signal.SIGTERM)
            engine.communicate(timeout=30)


class Checker(unittest.TestCase):
    """The checker itself: each of these is wrong in one way."""

    def wrong(self, page):
        return " ".join(metrics_page.against_conventions(page))

    def test_what_is_right_is_right(self):
        self.assertEqual(self.wrong('# HELP millrace_a_total A.\n# TYPE millrace_a_total counter\nmillrace_a_total{b="c\\"d"} 1\n'), "")

    def test_what_is_wrong_is_found(self):
        good = "# HELP millrace_{0} A.\n# TYPE millrace_{0} {1}\nmillrace_{0} 1\n"
        self.assertIn("end in _total", self.wrong(good.format("a", "counter")))
        self.assertIn("end in _total", self.wrong(good.format("a_total", "gauge")))
        self.assertIn("no base unit", self.wrong(good.format("a_ms", "gauge")))
        self.assertIn("stands there twice", self.wrong(good.format("a", "gauge") + "millrace_a 2\n"))
        self.assertIn("has no HELP", self.wrong("# TYPE millrace_a gauge\nmillrace_a 1\n"))
        self.assertIn("stands under", self.wrong(good.format("a", "gauge") + "millrace_b 2\n"))
        self.assertIn("is no sample", self.wrong(good.format("a", "gauge") + "millrace_b\n"))
        self.assertIn("does not begin", self.wrong("# HELP a A.\n# TYPE a gauge\na 1\n"))


class Metrics(unittest.TestCase):
    def test_the_page_of_a_running_engine_keeps_the_conventions_and_stands_in_the_table(self):
        page = pages()
        self.assertEqual(metrics_page.against_conventions(page), [])
        self.assertEqual(metrics_page.against_table(page, table()), [])

    def test_every_metric_that_is_made_stands_in_the_table_and_no_other(self):
        made = set()
        for folder in ("engine", "plugins"):
            for path in (SOURCE / folder).rglob("*"):
                if path.suffix in (".cpp", ".hpp", ".c") and "examples" not in path.parts:
                    made |= {f"millrace_{name}" for name in MADE.findall(path.read_text())}
        self.assertEqual(made, set(metrics_page.documented(table())))


class Pages(unittest.TestCase):
    def known(self, expression, where):
        names = metrics_page.documented(table())
        for used in NAME.findall(expression):
            base = re.sub(r"_(bucket|sum|count)$", "", used)
            found = names.get(used) or (names.get(base) if names.get(base, [""])[0] == "histogram" else None)
            self.assertIsNotNone(found, f"{where}: {used} stands in no row of metrics.md")
            for labels in re.findall(re.escape(used) + r"\{([^}]*)\}", expression):
                for label in re.findall(r"(\w+)\s*(?:=|!)", labels):
                    self.assertIn(label, found[1], f"{where}: {used} has no label {label}")

    def test_the_dashboard_shows_metrics_that_there_are(self):
        board = json.loads((SOURCE / "docs/operations/dashboard.json").read_text())
        panels = [panel for panel in board["panels"] if panel["type"] != "row"]
        self.assertEqual(len({panel["id"] for panel in board["panels"]}), len(board["panels"]))
        for panel in panels:
            self.assertTrue(panel["targets"] and panel["description"], panel["title"])
            for target in panel["targets"]:
                self.known(target["expr"], panel["title"])

    def test_the_alerts_use_metrics_that_there_are_and_say_what_to_do(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("python3-yaml is not installed")
        rules = yaml.safe_load((SOURCE / "docs/operations/alerts.yaml").read_text())
        for group in rules["groups"]:
            for rule in group["rules"]:
                self.assertLessEqual(set(rule), {"alert", "expr", "for", "labels", "annotations"}, rule)
                self.assertIn(rule["labels"]["severity"], ("page", "ticket"), rule["alert"])
                self.assertTrue(rule["annotations"]["summary"] and rule["annotations"]["description"], rule["alert"])
                self.assertTrue(NAME.search(rule["expr"]), rule["alert"])
                self.known(rule["expr"], rule["alert"])

    def promtool(self, *words):
        tool = shutil.which("promtool", path=f"{os.environ['PATH']}:{SOURCE}/.deps/bin")
        if tool is None:
            self.skipTest("promtool is not there: ./dev setup fetches it")
        done = subprocess.run([tool, *words], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_prometheus_takes_the_alerts(self):
        self.promtool("check", "rules", SOURCE / "docs/operations/alerts.yaml")

    def test_each_alert_is_given_for_what_it_is_about_and_for_nothing_else(self):
        """Two hours of figures once a minute; each alert is asked for at their end."""
        rules = str(SOURCE / "docs/operations/alerts.yaml")
        given = re.findall(r"- alert: (\w+)", pathlib.Path(rules).read_text())
        self.assertEqual(sorted(given), sorted(ALERTS))
        cases = []
        for alert, (bad, good) in ALERTS.items():
            for figures, wanted in ((bad, 1), (good, 0)):
                series = [{"series": name, "values": values} for name, values in figures.items()]
                found = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'
                expected = [{"labels": "{}", "value": wanted}] if wanted else []
                cases.append({"name": f"{alert} {wanted}", "interval": "1m", "input_series": series,
                              "promql_expr_test": [{"expr": found, "eval_time": "2h", "exp_samples": expected}]})
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "test.yaml" # JSON is YAML too
            file.write_text(json.dumps({"rule_files": [rules], "evaluation_interval": "1m", "tests": cases}))
            self.promtool("test", "rules", file)


if __name__ == "__main__":
    MILLRACE, BUILD, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
