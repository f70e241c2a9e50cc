#!/usr/bin/env python3
"""`millrace top` on a terminal: it draws, ends on q and on Ctrl-C, and leaves the terminal as it was.

usage: top_test.py MILLRACE
"""
import fcntl
import http.server
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import unittest

MILLRACE = ""
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"


def answer():
    pipeline = dict(name="ingest", ruleset="5f3c91aa0b12ffff", workers=[{}], workers_running=1, events=7, retries=0,
                    in_flight=0, bytes_in_flight=0, bytes_in_flight_limit=1 << 20)
    pipeline |= dict.fromkeys(["filtered", "delivered", "dead_lettered", "rejected", "abandoned", "failed"], 0)
    return json.dumps(dict(pipelines=[pipeline], ready=True, why_not=[])).encode()


class Engine(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = answer()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def watched(keys, **environment):
    """What it draws until it is pressed `keys` after the second picture; its code; whether the modes are as before."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Engine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 60, 0, 0))
    before = termios.tcgetattr(terminal)
    process = subprocess.Popen(
        [MILLRACE, "top", "--interval", "0.1", "--admin", f"127.0.0.1:{server.server_address[1]}"], stdin=terminal,
        stdout=terminal, stderr=terminal, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        env={"PATH": os.environ["PATH"], "TERM": "xterm"} | environment)
    text = b""
    while text.count(b"PIPELINE") < 2:
        text += os.read(controller, 65536)
    os.write(controller, keys)
    while LEAVE not in text:
        text += os.read(controller, 65536)
    code = process.wait(20)
    after = termios.tcgetattr(terminal)
    os.close(terminal)
    os.close(controller)
    server.shutdown()
    server.server_close()
    return text, code, before == after


class Top(unittest.TestCase):
    def test_it_draws_until_q_and_leaves_the_terminal_as_it_was(self):
        text, code, same = watched(b"q")
        self.assertEqual((code, same), (0, True), text)
        self.assertTrue(text.startswith(ENTER), text)
        self.assertIn(b"\x1b[H\x1b[J", text)
        self.assertIn(b"DELIVERED/S", text)
        longest = max(len(line) for line in text.split(b"\r\n") if b"\x1b" not in line)
        self.assertLessEqual(longest, 60)

    def test_ctrl_c_ends_it_as_well(self):
        text, code, same = watched(b"\x03")
        self.assertEqual((code, same), (0, True), text)

    def test_there_are_no_colours_with_NO_COLOR(self):
        text, _, _ = watched(b"q", NO_COLOR="1")
        self.assertNotRegex(text, rb"\x1b\[[0-9;]*m")
        text, _, _ = watched(b"q")
        self.assertRegex(text, rb"\x1b\[[0-9;]*m")


if __name__ == "__main__":
    MILLRACE = sys.argv.pop(1)
    unittest.main()
