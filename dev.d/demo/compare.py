"""Compares what was sent with what is there. Pure: identities in, figures out."""
import collections
import re

MARK = re.compile(rb"broken-\d{3}")


class Line:
    """One topic or table: of the events that belong there, how many are, how many are not, how many are there again."""

    def __init__(self, name, expected, found, dead):
        self.name = name
        wanted, there, given_up = collections.Counter(expected), collections.Counter(found), collections.Counter(dead)
        self.sent = sum(wanted.values())
        self.stored = sum(min(count, there[identity]) for identity, count in wanted.items())
        self.dead = sum(min(count, given_up[identity]) for identity, count in wanted.items())
        self.lost = sum(max(0, count - there[identity] - given_up[identity]) for identity, count in wanted.items())
        self.twice = sum(max(0, there[identity] + given_up[identity] - count) for identity, count in wanted.items())
        self.strange = sum(count for identity, count in there.items() if identity not in wanted)


def marks(payloads):
    """The marks of broken events in payloads, once for each payload."""
    return [mark for payload in payloads for mark in set(MARK.findall(payload))]


def broken_line(sent_marks, payloads):
    """Every broken event belongs to the dead letters, each once."""
    found = marks(payloads)
    line = Line("dead letters", sent_marks, found, [])
    line.dead, line.stored = line.stored, 0
    return line


def report(lines):
    header = ("", "sent", "stored", "dead-lettered", "lost", "twice", "strange")
    rows = [(line.name, line.sent, line.stored, line.dead, line.lost, line.twice, line.strange) for line in lines]
    width = max(len(row[0]) for row in [header, *rows])
    return "\n".join(
        row[0].ljust(width) + "".join(f"{cell:>15,}" if isinstance(cell, int) else f"{cell:>15}" for cell in row[1:])
        for row in [header, *rows]
    )
