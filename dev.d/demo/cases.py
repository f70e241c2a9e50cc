"""What the example rules ought to do with an event, read from their text by a person and written a second time here.

The engine's own code is not asked: a case says for an event which topics and tables it belongs to and what it is known by.
"""
import datetime
import json


class Wikipedia:
    """rules/wikipedia: each edit has one home by who made it; the large ones are copied aside by a tap."""

    name = "wikipedia"
    rules = "rules/wikipedia/wikipedia.rules"
    router = "edits"
    dead_topic = "wikipedia.dead"
    table_of = {
        "wikipedia.edits": "wiki.edits",
        "wikipedia.robots": "wiki.robot_edits",
        "wikipedia.anonymous": "wiki.anonymous_edits",
        "wikipedia.large": "wiki.large_edits",
    }
    copies = {"wikipedia.large"}
    identity_sql = "(extract(epoch from at) * 1000)::bigint, channel, page, author"

    @staticmethod
    def topics(edit):
        if edit["isRobot"]:
            home = "wikipedia.robots"
        elif edit["isAnonymous"]:
            home = "wikipedia.anonymous"
        else:
            home = "wikipedia.edits"
        return [home] + (["wikipedia.large"] if abs(edit["delta"]) > 5000 else [])

    @staticmethod
    def identity(edit):
        at = datetime.datetime.fromisoformat(edit["time"])
        return str(round(at.timestamp() * 1000)), edit["channel"], edit["page"], edit["user"]


def expected(case, lines):
    """topic → the identities of the events that belong to it, in the order sent."""
    topics = {topic: [] for topic in case.table_of}
    for line in lines:
        event = json.loads(line)
        for topic in case.topics(event):
            topics[topic].append(case.identity(event))
    return topics
