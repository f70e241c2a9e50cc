"""The demo's events, poster and comparison, without servers of others."""
import http.server
import json
import pathlib
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "dev.d" / "demo"))
import cases
import compare
import events
import post


def edit(number, **changes):
    return dict({"time": f"2015-09-12T00:46:{number % 60:02}.7{number % 100:02}Z", "channel": "#en.wikipedia", "namespace": "Main",
                 "page": f"Page {number}", "user": "ann", "comment": "ü", "added": 1, "deleted": 0, "delta": 1,
                 "isRobot": False, "isAnonymous": False, "isNew": False}, **changes)


def good(count):
    return [events.encode(edit(number)).encode() for number in range(count)]


class Events(unittest.TestCase):
    def setUp(self):
        self.broken = events.broken(good(500))

    def test_a_hundred_are_broken_and_each_can_be_found_again(self):
        self.assertEqual([f"broken-{n:03}".encode() for n in range(100)], compare.marks(self.broken))

    def test_the_first_way_is_no_json(self):
        for line in self.broken[0::3]:
            with self.assertRaises(ValueError, msg=line):
                json.loads(line)

    def test_the_second_way_has_one_field_of_another_type(self):
        kinds = {"time": str, "channel": str, "user": str, "added": int, "delta": int, "isRobot": bool}
        for line in self.broken[1::3]:
            changed = json.loads(line)
            wrong = [name for name, kind in kinds.items() if type(changed[name]) is not kind or changed[name] == "yesterday"]
            self.assertEqual(1, len(wrong), line)

    def test_the_third_way_is_json_with_an_escaped_nul(self):
        for line in self.broken[2::3]:
            self.assertIn(b"\\u0000", line)
            self.assertIn("\0", json.loads(line)["comment"])

    def test_an_event_is_one_line(self):
        self.assertFalse([line for line in self.broken if b"\n" in line])

    def test_mixing_loses_none_and_keeps_the_order_of_the_good(self):
        lines = good(500)
        mixed = events.mix(lines, self.broken)
        self.assertEqual(600, len(mixed))
        self.assertEqual(lines, [line for line in mixed if line not in self.broken])


class Comparison(unittest.TestCase):
    def line(self, found, dead=()):
        return compare.Line("t", ["a", "b", "c"], found, dead)

    def test_all_there(self):
        line = self.line(["c", "a", "b"])
        self.assertEqual((3, 3, 0, 0, 0, 0), (line.sent, line.stored, line.dead, line.lost, line.twice, line.strange))

    def test_one_lost(self):
        line = self.line(["a", "b"])
        self.assertEqual((2, 1, 0), (line.stored, line.lost, line.twice))

    def test_one_twice(self):
        line = self.line(["a", "b", "c", "c"])
        self.assertEqual((3, 0, 1), (line.stored, line.lost, line.twice))

    def test_one_lost_and_one_twice_do_not_even_out(self):
        line = self.line(["a", "b", "b"])
        self.assertEqual((2, 1, 1), (line.stored, line.lost, line.twice))

    def test_one_given_up_is_not_lost(self):
        line = self.line(["a", "b"], ["c"])
        self.assertEqual((2, 1, 0, 0), (line.stored, line.dead, line.lost, line.twice))

    def test_one_stored_and_given_up_is_twice(self):
        self.assertEqual(1, self.line(["a", "b", "c"], ["c"]).twice)

    def test_one_that_nobody_sent_is_strange(self):
        self.assertEqual(1, self.line(["a", "b", "c", "x"]).strange)

    def test_a_broken_event_must_be_a_dead_letter_once(self):
        line = compare.broken_line([b"broken-001", b"broken-002"], [b"..broken-001..", b"broken-001"])
        self.assertEqual((1, 1, 1), (line.dead, line.lost, line.twice))


class WikipediaCase(unittest.TestCase):
    def test_homes(self):
        topics = cases.Wikipedia.topics
        self.assertEqual(["wikipedia.edits"], topics(edit(1)))
        self.assertEqual(["wikipedia.robots"], topics(edit(1, isRobot=True, isAnonymous=True)))
        self.assertEqual(["wikipedia.anonymous"], topics(edit(1, isAnonymous=True, delta=5000)))
        self.assertEqual(["wikipedia.edits", "wikipedia.large"], topics(edit(1, delta=-5001)))

    def test_an_identity_is_the_same_from_text_and_from_the_table(self):
        self.assertEqual(("1442018818771", "#en.wikipedia", "Page 1", "ann"),
                         cases.Wikipedia.identity(edit(1, time="2015-09-12T00:46:58.771Z")))


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers as the script of the server says: a status, or a list of statuses for the lines of a batch, or None to hang up."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        lines = self.rfile.read(int(self.headers["Content-Length"])).rstrip(b"\n").split(b"\n")
        with self.server.lock:
            answer = self.server.script.pop(0) if self.server.script else 200
        if answer is None:
            self.close_connection = True
            return
        statuses = answer if isinstance(answer, list) else [answer] * len(lines)
        with self.server.lock:
            self.server.taken += [line for line, status in zip(lines, statuses) if status == 200]
        problems = [{"index": n, "status": status} for n, status in enumerate(statuses) if status != 200]
        body = json.dumps({"events": len(lines), "problems": problems}).encode()
        self.send_response(max(statuses))
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Posting(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.server.daemon_threads = True
        self.server.lock, self.server.script, self.server.taken = threading.Lock(), [], []
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def post(self, lines, script=()):
        self.server.script = list(script)
        poster = post.Poster("127.0.0.1", self.server.server_address[1])
        poster.run(lines)
        return poster

    def test_each_line_arrives_once(self):
        lines = good(1234)
        poster = self.post(lines)
        self.assertEqual(sorted(lines), sorted(self.server.taken))
        self.assertEqual(1234, poster.posted)

    def test_who_is_told_to_wait_sends_again(self):
        lines = good(300)
        poster = self.post(lines, [503, 429])
        self.assertEqual(sorted(lines), sorted(self.server.taken))
        self.assertEqual(300, poster.posted)
        self.assertIn(poster.repeated, (200, 300, 400))  # two refused batches, of 200 or 100 lines

    def test_of_a_batch_only_what_was_refused_is_sent_again(self):
        lines = good(4)
        self.post(lines, [[200, 503, 200, 503]])
        self.assertEqual(sorted(lines), sorted(self.server.taken))

    def test_a_connection_that_breaks_is_made_again(self):
        lines = good(4)
        self.post(lines, [None])
        self.assertEqual(lines, self.server.taken)

    def test_a_dead_letter_counts_as_taken(self):
        refused = post.refused_lines([b"a", b"b"], b'{"events":2,"problems":[{"index":0,"status":200},{"index":1,"status":503}]}')
        self.assertEqual([b"b"], refused)

    def test_another_refusal_is_an_error(self):
        with self.assertRaisesRegex(RuntimeError, "answered with 400"):
            self.post(good(4), [400])


if __name__ == "__main__":
    unittest.main()
