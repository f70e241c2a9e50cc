"""Devices that post events and keep a ledger of their own: what was sent how often, and what was acknowledged."""
import http.client
import json
import random
import threading
import time
import uuid

BATCH = 20


class Sent:
    __slots__ = ("attempts", "acknowledged")

    def __init__(self):
        self.attempts = 0
        self.acknowledged = False


class Senders:
    """Each thread posts batch after batch and repeats one until it is acknowledged, as a phone would."""

    def __init__(self, port, threads=4, seed=1, pause=0.0):
        self.port, self.pause = port, pause
        self.ledger = {}  # id → Sent; each is written by the one thread that made it
        self.stopping = threading.Event()
        self.unanswered = 0
        self.threads = [threading.Thread(target=self.work, args=(random.Random(seed * 1000 + i), f"d-{seed}-{i}"), daemon=True)
                        for i in range(threads)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def finish(self, patience=60):
        """No new batches; returns when every batch is acknowledged."""
        self.stopping.set()
        deadline = time.monotonic() + patience
        for thread in self.threads:
            thread.join(max(0.1, deadline - time.monotonic()))
        stuck = [thread.name for thread in self.threads if thread.is_alive()]
        if stuck:
            raise AssertionError(f"{len(stuck)} senders are still not answered after {patience} s")

    def acknowledged(self):
        return sum(1 for sent in list(self.ledger.values()) if sent.acknowledged)

    def work(self, dice, device):
        connection, sequence = None, 0
        while not self.stopping.is_set():
            events = []
            for _ in range(BATCH):
                identity = str(uuid.UUID(int=dice.getrandbits(128), version=4))
                events.append({"id": identity, "device": device, "seq": sequence, "kind": dice.choice("ab")})
                self.ledger[identity] = Sent()
                sequence += 1
            connection = self.post_until_taken(connection, events)
            time.sleep(self.pause)
        if connection:
            connection.close()

    def post_until_taken(self, connection, events):
        body = b"\n".join(json.dumps(event).encode() for event in events)
        while True:
            for event in events:
                self.ledger[event["id"]].attempts += 1
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                connection.request("POST", "/events", body, {"Content-Type": "application/x-ndjson"})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    for event in events:
                        self.ledger[event["id"]].acknowledged = True
                    return connection
            except (OSError, http.client.HTTPException):
                connection.close()
                connection = None
            self.unanswered += 1
            time.sleep(0.05)  # the pace of a device that tries again


def check(test, senders, scenario, seconds=90):
    """The account: everything acknowledged is stored; each Kafka record is stored once; nothing came from nowhere."""
    from world import wait_for

    logged = scenario.logged()
    wait_for(f"all of {logged} is loaded, positions are {scenario.positions()}", lambda: scenario.is_loaded(logged), seconds)
    stored = scenario.stored()
    lost = [identity for identity, sent in senders.ledger.items() if sent.acknowledged and identity not in stored]
    test.assertEqual(lost, [], f"{len(lost)} acknowledged events are not stored")
    test.assertEqual([identity for identity in stored if identity not in senders.ledger], [], "stored, but never sent")
    too_often = {identity: count for identity, count in stored.items() if count > senders.ledger[identity].attempts}
    test.assertEqual(too_often, {}, "stored more often than sent")
    records = sum(count for topic, count in logged.items() if not topic.endswith(".dead"))
    test.assertEqual(sum(stored.values()) + scenario.dead(), records, "rows and records of the log differ: lost or twice on the way")
    test.assertGreater(len(stored), 0, "nothing was stored: the test has shown nothing")
    return len(stored)
