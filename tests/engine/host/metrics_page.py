"""Reads a page of metrics as Prometheus does, and says what it does against the conventions of Prometheus."""
import pathlib
import re

SAMPLE = re.compile(r'^([a-zA-Z_][a-zA-Z0-9_]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
NO_BASE_UNIT = re.compile(r"_(ms|us|ns|millis|milliseconds|microseconds|minutes|hours|kb|kib|mb|mib|percent)(_|$)")


def families(page):
    """Name to (kind, help, samples), a sample being (name, sorted labels, value); and what is wrong with the page."""
    found, wrong, series, helps = {}, [], set(), {}
    current = None
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("# HELP "):
            _, _, name, text = (line.split(" ", 3) + [""])[:4]
            if name in helps:
                wrong.append(f"line {number}: a second HELP of {name}")
            helps[name] = text
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name in found:
                wrong.append(f"line {number}: a second TYPE of {name}")
            if not helps.get(name, "").strip():
                wrong.append(f"line {number}: {name} has no HELP")
            found[name] = (kind, helps.get(name, ""), [])
            current = name
        else:
            match = SAMPLE.match(line)
            if not match:
                wrong.append(f"line {number} is no sample: {line}")
                continue
            name, labels, value = match.groups()
            read = sorted(LABEL.findall(labels or ""))
            if LABEL.sub("", labels or ""):
                wrong.append(f"line {number}: labels that cannot be read: {labels}")
            float(value)
            kind = found.get(current, ("", "", []))[0]
            parts = {current + end for end in ("_bucket", "_sum", "_count")} if kind == "histogram" else {current}
            if name not in parts:
                wrong.append(f"line {number}: {name} stands under {current}")
                continue
            key = (name, tuple(read))
            if key in series:
                wrong.append(f"line {number}: {name} {read} stands there twice")
            series.add(key)
            found[current][2].append((name, read, value))
    return found, wrong


def against_conventions(page):
    """What is wrong with the page, one sentence each."""
    found, wrong = families(page)
    for name, (kind, _, samples) in found.items():
        if not name.startswith("millrace_"):
            wrong.append(f"{name} does not begin with millrace_")
        if (kind == "counter") != name.endswith("_total"):
            wrong.append(f"{name} is a {kind}: counters, and nothing else, end in _total")
        if kind == "histogram" and not name.endswith(("_seconds", "_bytes", "_events", "_records")):
            wrong.append(f"{name} is a histogram and has no unit in its name")
        if NO_BASE_UNIT.search(name):
            wrong.append(f"{name} has a unit that is no base unit; seconds and bytes are")
        if not samples:
            wrong.append(f"{name} has no sample")
        if kind == "histogram" and not any(("le", "+Inf") in labels for _, labels, _ in samples):
            wrong.append(f"{name} has no bucket for everything")
    return wrong


def documented(table):
    """Name to (kind, labels) as metrics.md has it."""
    rows = re.findall(r"^\| `(millrace_\w+)` \| (\w+) \| ([^|]*) \| ([^|]+) \|$", pathlib.Path(table).read_text(), re.M)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels, _ in rows}


def against_table(page, table):
    """What the page has and the table has not, or otherwise: kinds and labels too."""
    known, wrong = documented(table), []
    for name, (kind, _, samples) in families(page)[0].items():
        if name not in known:
            wrong.append(f"{name} is missing in {table}")
            continue
        if known[name][0] != kind:
            wrong.append(f"{name} is a {kind}, and {table} says {known[name][0]}")
        labels = {key for _, pairs, _ in samples for key, _ in pairs} - {"le"}
        if labels != known[name][1]:
            wrong.append(f"{name} has the labels {sorted(labels)}, and {table} says {sorted(known[name][1])}")
    return wrong
