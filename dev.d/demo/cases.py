"""What the example rules ought to do with an event, read from their text by a person and written a second time here.

The engine's own code is not asked: a case says for an event which topics and tables it belongs to and what it is known by.
"""
import dataclasses
import datetime
import json
import typing


@dataclasses.dataclass
class Table:
    """`rows` makes of the events of the topic what the table must hold; `sql` says what a row is known by, alike."""

    name: str
    topic: str
    sql: str
    rows: typing.Callable
    is_home: bool = True  # what is stored is counted here; other tables hold copies


class Wikipedia:
    """rules/wikipedia: each edit has one home by who made it; the large ones are copied aside by a tap."""

    rules = "rules/wikipedia/wikipedia.rules"
    router = "edits"
    dead_topic = "wikipedia.dead"

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

    @classmethod
    def tables(cls):
        def table(name, topic, is_home=True):
            sql = f"SELECT (extract(epoch from at) * 1000)::bigint, channel, page, author FROM {name}"
            return Table(name, topic, sql, lambda edits: [cls.identity(edit) for edit in edits], is_home)

        return [table("wiki.edits", "wikipedia.edits"), table("wiki.robot_edits", "wikipedia.robots"),
                table("wiki.anonymous_edits", "wikipedia.anonymous"), table("wiki.large_edits", "wikipedia.large", False)]


class Model:
    """rules/model: devices of all kinds. A device may send an event twice; the tables' keys make one of it."""

    rules = "rules/model/main.rules"
    router = "device_events"
    dead_topic = "dlq.device_events"

    @classmethod
    def topics(cls, event):
        kind = event["type"]
        if event.get("test"):
            return []
        if kind in ("purchase", "refund") and "purchase" in event:
            return cls.topics_of_money(event)
        if kind == "crash" and "crash" in event:
            return cls.topics_of_crash(event["crash"])
        if kind in ("ad_impression", "ad_click") and "ad" in event:
            if event["ad"]["campaign"] in ("c13", "c131", "c313"):
                return []
            return ["ads.clicks" if kind == "ad_click" else "ads.impressions." + event["ad"]["network"]]
        if kind == "heartbeat":
            is_low = event.get("battery", 100) < 5 and event["device"]["os"] == "android"
            return ["device.heartbeats"] + (["device.low_battery"] if is_low else [])
        return ["device.unknown"]

    @staticmethod
    def topics_of_money(event):
        review = ["billing.review"] if event["purchase"]["amount"] >= 500 else []
        if event["type"] == "refund":
            return ["billing.refunds"] + review
        return ["billing.charges", "billing.revenue." + event["purchase"]["currency"]] + review

    @staticmethod
    def topics_of_crash(crash):
        out_of_memory = crash.get("oom") or crash["signature"].startswith("OutOfMemory") or "OutOfMemory" in crash.get("message", "")
        if crash["signature"] in ("SIGPIPE in libads", "ANR: splash") and not crash["fatal"]:
            return []
        return ["crash.fatal" if crash["fatal"] or out_of_memory else "crash.handled"]

    @staticmethod
    def identity(event):
        return (event["id"],)

    @classmethod
    def tables(cls):
        def once(events):
            return list(dict.fromkeys(cls.identity(event) for event in events))

        def newest(events):
            seen = {}
            for event in events:
                seen[event["device"]["id"]] = max(event["ts"], seen.get(event["device"]["id"], 0))
            return [(device, str(ts)) for device, ts in seen.items()]

        def at_home(events):
            return once(event for event in events if event["ad"]["slot"].startswith("home_"))

        def table(name, topic, rows=once, is_home=True):
            return Table(name, topic, f"SELECT id FROM {name}", rows, is_home)

        networks = ["ads.impressions." + network for network in ("neta", "netb", "netc", "netd")]
        state = "SELECT device_id, (extract(epoch from seen_at) * 1000)::bigint FROM device.state"
        return [
            table("device.heartbeats", "device.heartbeats"), Table("device.state", "device.heartbeats", state, newest, False),
            table("device.unknown", "device.unknown"), table("billing.charges", "billing.charges"),
            table("billing.refunds", "billing.refunds"), table("billing.review", "billing.review", is_home=False),
            table("crash.reports", "crash.fatal"), table("crash.handled", "crash.handled"), table("ads.clicks", "ads.clicks"),
            table("ads.impressions", networks), table("ads.home_impressions", networks, at_home, False),
        ]


class Expectation:
    """What must be where after `lines` were sent."""

    def __init__(self, case, lines):
        events = [json.loads(line) for line in lines]
        by_topic = {}
        for event in events:
            for topic in case.topics(event):
                by_topic.setdefault(topic, []).append(event)
        self.topics = {topic: [case.identity(event) for event in events] for topic, events in sorted(by_topic.items())}
        self.tables = []
        self.merged = 0
        for table in case.tables():
            topics = [table.topic] if isinstance(table.topic, str) else table.topic
            of_table = [event for topic in topics for event in by_topic.get(topic, [])]
            rows = table.rows(of_table)
            self.tables.append((table, rows))
            if table.is_home:
                self.merged += len(of_table) - len(rows)
        self.dropped = sum(1 for event in events if not case.topics(event))
        self.row_count = sum(len(rows) for _, rows in self.tables)

    def loaded_topics(self):
        topics = []
        for table, _ in self.tables:
            topics += [table.topic] if isinstance(table.topic, str) else table.topic
        return set(topics)
