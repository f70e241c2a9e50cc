"""Adds up what test runs report: programs as ctest saw them, and the tests inside each GoogleTest program.

usage: test_totals.py REPORT_FOLDER…    each holds ctest's JUnit files; exit code 1 when a test failed or none was run
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # tests print such bytes, ctest copies them
PASSED = re.compile(r"^\[  PASSED  \] (\d+) tests?\.", re.M)
LAST_RUN = re.compile(r"^\[ RUN      \] (\S+)(?![\s\S]*^\[ RUN)", re.M)
FAILED_EACH = re.compile(r"^\[  FAILED  \] ([\w/]+\.[\w/]+)", re.M)
SKIPPED_EACH = re.compile(r"^\[  SKIPPED \] ([\w/]+\.[\w/]+)", re.M)
SKIP_REASON = re.compile(r"^\[ RUN      \] (\S+)\n(.*?)^\[  SKIPPED \] \1", re.M | re.S)


def last_line(text):
    """The reason in what a skipped test printed: its last line that is not the place in the source."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not re.match(r"\S+:\d+: Skipped$", line)]
    return lines[-1] if lines else "no reason given"


class Totals:
    def __init__(self):
        self.passed, self.failed, self.skipped, self.seconds = 0, [], {}, 0.0

    def add_program(self, case):
        name, output = case.get("name"), case.findtext("system-out") or ""
        self.seconds += float(case.get("time") or 0)
        failures = sorted(set(FAILED_EACH.findall(output)))
        reasons = {test: last_line(said) for test, said in SKIP_REASON.findall(output)}
        for test in set(SKIPPED_EACH.findall(output)):
            self.skipped[f"{name}: {test}"] = reasons.get(test, "no reason given")
        inside = PASSED.search(output)
        if inside:
            self.passed += int(inside.group(1))
        self.failed += [f"{name}: {test}" for test in failures]
        status = case.get("status")
        if status == "run":
            self.passed += 0 if inside else 1
        elif status == "disabled" or status == "notrun" and is_own_skip(case):
            self.skipped[name] = message_of(case, "skipped") or status
        elif not failures:
            self.failed.append(f"{name}: {why_it_ended(case, output)}")


def message_of(case, kind):
    element = case.find(kind)
    return (element.get("message") or "") if element is not None else ""


def is_own_skip(case):
    """A program that is not there is a failure; one that said by its exit code that it skips is not."""
    return message_of(case, "skipped").startswith("SKIP_")


def why_it_ended(case, output):
    running = LAST_RUN.search(output)
    where = f" in {running.group(1)}" if running else ""
    return (message_of(case, "failure") or message_of(case, "skipped") or "ended with an error") + where


def read_folder(folder):
    totals = Totals()
    for report in sorted(pathlib.Path(folder).glob("*.xml")):
        text = NOT_XML.sub("?", report.read_text(encoding="utf-8", errors="replace"))
        for case in xml.fromstring(text).iter("testcase"):
            totals.add_program(case)
    return totals


def main(folders):
    everything = Totals()
    print()
    for folder in folders:
        totals = read_folder(folder)
        preset = pathlib.Path(folder).parent.name
        print(f"{preset:8} {totals.passed:6} passed {len(totals.failed):4} failed {len(totals.skipped):4} skipped {totals.seconds:8.1f} s")
        for failure in totals.failed:
            print(f"  failed:  {failure}")
        for test, reason in sorted(totals.skipped.items()):
            print(f"  skipped: {test}: {reason}")
        everything.passed += totals.passed
        everything.failed += totals.failed
        everything.skipped.update({f"{preset} {test}": reason for test, reason in totals.skipped.items()})
    print(f"{everything.passed} passed, {len(everything.failed)} failed, {len(everything.skipped)} skipped")
    return 1 if everything.failed or everything.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
