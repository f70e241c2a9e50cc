#!/usr/bin/env python3
"""Runs the program on a real terminal and in pipes: colours, and the line that says how far it is.

usage: terminal_test.py MILLRACE
"""
import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

MILLRACE = ""
ESCAPE = b"\x1b"
ERASE = b"\r\x1b[K"
RULES = """edition 1
event click { id: string }
topic "clicks" { event click }
topic "dlq" { }
router web for click {
  match first
  dead_letter "dlq"
  route clicks when id == "%s" to topic "clicks" { key id }
  otherwise drop
}
"""


def on_terminal(*arguments, columns=80, out=None, **environment):
    """What the program writes to a terminal, which is its standard error, and its output where that is no file."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    modes = termios.tcgetattr(terminal)
    modes[1] &= ~termios.OPOST  # line ends as they are written
    termios.tcsetattr(terminal, termios.TCSANOW, modes)
    process = subprocess.Popen([MILLRACE, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out or terminal,
                               stderr=terminal, env=surroundings(**environment))
    os.close(terminal)
    text = b""
    try:
        while part := os.read(controller, 65536):
            text += part
    except OSError:  # the other side is closed
        pass
    os.close(controller)
    process.wait()
    return text


def in_pipes(*arguments, **environment):
    ran = subprocess.run([MILLRACE, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                         env=surroundings(**environment))
    return ran.stdout + ran.stderr


def surroundings(**environment):
    out = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    return dict(out, TERM="xterm-256color") | environment


class Terminal(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.wrong = self.file("wrong.rules", "edition 1\nevent click { id: strin }\n")
        self.old = self.file("old.rules", RULES % "a")
        self.new = self.file("new.rules", RULES % "b")
        self.events = self.file("events.ndjson", '{"id":"a"}\n' * 2_000)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def test_findings_are_coloured_on_a_terminal(self):
        self.assertIn(b"\x1b[1;31merror[E0101]\x1b[0m", on_terminal("check", self.wrong))

    def test_no_color_dumb_terminals_and_pipes_get_plain_text(self):
        plain = in_pipes("check", self.wrong)
        self.assertIn(b"error[E0101]: ", plain)
        self.assertNotIn(ESCAPE, plain)
        self.assertNotIn(b"\x1b[1;31m", on_terminal("check", self.wrong, NO_COLOR="1"))
        self.assertIn(b"\x1b[1;31m", on_terminal("check", self.wrong, NO_COLOR=""))
        self.assertEqual(on_terminal("check", self.wrong, TERM="dumb"), plain)

    def test_events_are_counted_on_the_terminal_and_the_line_is_gone_at_the_end(self):
        with open(self.folder / "report", "wb") as out:
            text = on_terminal("diff", self.old, self.new, "--events", self.events, out=out)
        self.assertRegex(text, rb"^\r\x1b\[Kdiff: 64 events, [0-9.]+( [kM])?/s, [0-9]+ %")
        self.assertTrue(text.endswith(ERASE), text[-80:])
        self.assertNotIn(b"\n", text)
        self.assertTrue((self.folder / "report").read_bytes().startswith(b"2000 events, 2000 changed\n"))

    def test_output_on_the_same_terminal_stands_on_lines_of_its_own(self):
        text = on_terminal("explain", self.old, "--event", self.events, NO_COLOR="1")
        plain = in_pipes("explain", self.old, "--event", self.events)
        shown = [line.split(ERASE)[-1] for line in text.split(b"\n")]
        self.assertIn(b"explain: ", text)
        self.assertEqual(re.sub(rb"time \S+", b"", b"\n".join(shown)), re.sub(rb"time \S+", b"", plain))

    def test_files_are_named_and_the_line_ends_where_the_terminal_does(self):
        text = on_terminal("check", self.old, self.new, columns=20)
        self.assertIn(ERASE + b"check: 1 of 2, " + str(self.old).encode()[:4] + ERASE, text)
        unsized = on_terminal("check", self.old, self.new, columns=0)
        self.assertIn(ERASE + b"check: 1 of 2, " + str(self.old).encode() + ERASE, unsized)

    def test_no_progress_without_a_terminal(self):
        for arguments in (["diff", self.old, self.new, "--events", self.events], ["check", self.old],
                          ["explain", self.old, "--event", self.events], ["infer", self.events], ["fmt", self.old],
                          ["test", self.old]):
            self.assertNotIn(b"\r", in_pipes(*arguments), arguments)
            self.assertNotIn(b"\r", on_terminal(*arguments, TERM="dumb"), arguments)

if __name__ == "__main__":
    MILLRACE = sys.argv.pop(1)
    unittest.main()
