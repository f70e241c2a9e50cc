"""The events that the demo sends: real ones, and ones broken on purpose. Each is one line of bytes without its newline."""
import gzip
import json
import random

BROKEN_COUNT = 100


def wikipedia(path):
    with gzip.open(path, "rb") as file:
        return [line.rstrip(b"\n") for line in file]


def broken(good, count=BROKEN_COUNT):
    """`count` real edits, each spoilt in its own way; the page of number n is named broken-NNN, to be found again."""
    ways = (bad_json, wrong_type, text_with_nul)
    small = [line for line in good if abs(json.loads(line)["delta"]) <= 5000]  # a large one would go to two topics
    chosen = random.Random(7).sample(small, count)
    return [ways[n % len(ways)](json.loads(line), f"broken-{n:03}", n // len(ways)) for n, line in enumerate(chosen)]


def mix(good, bad):
    """The broken events spread evenly among the good ones, whose order stays."""
    if not bad:
        return list(good)
    step = max(1, len(good) // len(bad))
    mixed = []
    rest = list(bad)
    for place, line in enumerate(good):
        mixed.append(line)
        if place % step == step // 2 and rest:
            mixed.append(rest.pop(0))
    return mixed + rest


def bad_json(edit, mark, variant):
    text = encode(dict(edit, page=mark))
    ways = (
        lambda: text[:-1],  # not closed
        lambda: text + "}",
        lambda: text.replace('"channel":', '"channel" ', 1),
        lambda: text.replace('"isRobot":', "isRobot:", 1),
        lambda: text.replace('"added":', '"added":0', 1),  # a number with a leading zero
        lambda: text[: text.index(mark) + len(mark)],  # cut off inside a text
    )
    return ways[variant % len(ways)]().encode()


def wrong_type(edit, mark, variant):
    changes = ({"added": "many"}, {"isRobot": "yes"}, {"time": "yesterday"}, {"channel": None}, {"delta": 1.5}, {"user": ["a"]})
    return encode(dict(edit, page=mark, **changes[variant % len(changes)])).encode()


def text_with_nul(edit, mark, variant):
    return encode(dict(edit, page=mark, comment=f"a NUL \0 in text {variant}")).encode()


def encode(edit):
    return json.dumps(edit, ensure_ascii=False, separators=(",", ":"))
