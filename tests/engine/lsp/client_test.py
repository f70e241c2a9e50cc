#!/usr/bin/env python3
"""Speaks to `millrace lsp` as an editor does, over a folder of rules.

usage: client_test.py MILLRACE
"""
import json
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading
import unittest

DEADLINE_S = 60
MILLRACE = sys.argv.pop(1)

MAIN = """edition 1
import "parts/more.rules"
# A click, as it came. 😀
event click { type: one of "view", "buy"  user?: string  at: timestamp }
topic "dlq" { }
router web for click {
  match first
  dead_letter "dlq"
  include rules more
  otherwise drop
}
"""
MORE = """topic "clicks" { event click }
let word = "😀"
rules more for click {
  route bought when type == "buy" and user == word to topic "clicks"
}
"""


class Editor:
    """One server and what it has said."""

    def __init__(self, folder):
        self.process = subprocess.Popen([MILLRACE, "lsp", "--stdio", "--quiet-ms", "20"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, cwd=folder)
        self.came = queue.Queue()
        self.waiting = []
        self.last_id = 0
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while header := self.process.stdout.readline():
            length = int(header.split(b":")[1])
            assert self.process.stdout.readline() == b"\r\n"
            self.came.put(json.loads(self.process.stdout.read(length)))
        self.came.put(None)

    def send_bytes(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, *messages):
        data = b""
        for message in messages:
            text = json.dumps({"jsonrpc": "2.0"} | message).encode()
            data += b"Content-Length: %d\r\n\r\n%s" % (len(text), text)
        self.send_bytes(data)

    def wait(self, wanted):
        """The first message that is wanted, of those that came and those that will."""
        for message in self.waiting:
            if wanted(message):
                self.waiting.remove(message)
                return message
        while (message := self.came.get(timeout=DEADLINE_S)) is not None:
            if wanted(message):
                return message
            self.waiting.append(message)
        raise AssertionError("the server has ended")

    def notify(self, method, **params):
        self.send({"method": method, "params": params})

    def ask(self, method, **params):
        self.last_id += 1
        number = self.last_id
        self.send({"id": number, "method": method, "params": params})
        return self.wait(lambda message: message.get("id") == number and "method" not in message)

    def result(self, method, **params):
        answer = self.ask(method, **params)
        assert "error" not in answer, answer
        return answer["result"]

    def findings(self, uri):
        message = self.wait(lambda each: each.get("method") == "textDocument/publishDiagnostics"
                            and each["params"]["uri"] == uri)
        return message["params"]["diagnostics"]

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended already
        self.process.wait(DEADLINE_S)
        self.reader.join(DEADLINE_S)
        self.process.stdout.close()
        return self.process.returncode


def place(text, what, behind=0):
    """Of the beginning of `what`, in lines and units of UTF-16."""
    before = text[:text.index(what) + behind]
    line = before.rsplit("\n", 1)[-1]
    return {"line": before.count("\n"), "character": len(line.encode("utf-16-le")) // 2}


def span(text, what):
    return {"start": place(text, what), "end": place(text, what, len(what))}


class LanguageServer(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="millrace lsp ")
        self.folder = pathlib.Path(self.temporary.name).resolve()
        (self.folder / "parts").mkdir()
        (self.folder / "millrace.toml").write_text("")
        (self.folder / "main.rules").write_text(MAIN)
        (self.folder / "parts" / "more.rules").write_text(MORE)
        self.main = (self.folder / "main.rules").as_uri()
        self.more = (self.folder / "parts" / "more.rules").as_uri()
        self.editor = Editor(self.folder)
        capabilities = self.editor.result("initialize", processId=None, rootUri=None, capabilities={})["capabilities"]
        self.assertEqual(capabilities["textDocumentSync"]["change"], 2)
        self.editor.notify("initialized")

    def tearDown(self):
        self.editor.close()
        self.temporary.cleanup()

    def open(self, uri, text):
        self.editor.notify("textDocument/didOpen",
                           textDocument={"uri": uri, "languageId": "millrace", "version": 1, "text": text})

    def change(self, uri, version, *changes):
        self.editor.notify("textDocument/didChange", textDocument={"uri": uri, "version": version},
                           contentChanges=list(changes))

    def at(self, text, what, behind=0, uri=None):
        return {"textDocument": {"uri": uri or self.more}, "position": place(text, what, behind)}

    def test_findings_follow_the_edits(self):
        self.open(self.more, MORE)
        self.assertEqual(self.editor.findings(self.more), [])
        self.change(self.more, 2, {"range": span(MORE, '"buy"'), "text": '"bought"'})
        [finding] = self.editor.findings(self.more)
        self.assertEqual((finding["code"], finding["severity"], finding["source"]), ("E0213", 1, "millrace"))
        self.assertEqual(finding["range"], span(MORE.replace('"buy"', '"bought"'), '"bought"'))
        self.assertIn("help:", finding["message"])
        self.change(self.more, 3, {"text": MORE})
        self.assertEqual(self.editor.findings(self.more), [])

    def test_many_edits_at_once_are_checked_together(self):
        self.open(self.more, MORE)
        self.assertEqual(self.editor.findings(self.more), [])
        edits = [{"method": "textDocument/didChange",
                  "params": {"textDocument": {"uri": self.more, "version": 2 + i},
                             "contentChanges": [{"range": span(MORE, "rules more"), "text": "rules more"}]}}
                 for i in range(50)]
        edits[-1]["params"]["contentChanges"].append({"range": span(MORE, "user == word"), "text": "usr == word"})
        self.editor.send(*edits)
        self.assertEqual([each["code"] for each in self.editor.findings(self.more)], ["E0201"])

    def test_a_rule_that_another_hides_is_found_in_a_quiet_moment(self):
        text = MORE.replace("}\n", "}\n", 1).rstrip()[:-1] + '  route hidden when type == "buy" and user == word to topic "clicks"\n}\n'
        self.open(self.more, text)
        self.assertEqual(self.editor.findings(self.more), [])
        [finding] = self.editor.findings(self.more)
        self.assertEqual(finding["code"], "E0501")
        [related] = finding["relatedInformation"]
        self.assertEqual(related["location"], {"uri": self.more, "range": span(text, "bought")})

    def test_names_lead_across_files(self):
        self.open(self.more, MORE)
        self.assertEqual(self.editor.result("textDocument/definition", **self.at(MORE, "for click", 5)),
                         [{"uri": self.main, "range": span(MAIN, "click {")
                           | {"end": place(MAIN, "click {", 5)}}])
        hover = self.editor.result("textDocument/hover", **self.at(MORE, "for click", 5))
        self.assertIn("A click, as it came. 😀", hover["contents"]["value"])
        user = self.editor.result("textDocument/hover", **self.at(MORE, "user"))
        self.assertIn("user?: string", user["contents"]["value"])
        found = self.editor.result("textDocument/references", context={"includeDeclaration": True},
                                   **self.at(MORE, "for click", 5))
        self.assertEqual(sorted(each["uri"] for each in found), [self.main] * 2 + [self.more] * 2)

    def test_a_name_is_changed_in_every_file(self):
        self.open(self.main, MAIN)
        asked = self.at(MAIN, "click {", uri=self.main)
        self.assertEqual(self.editor.result("textDocument/prepareRename", **asked)["placeholder"], "click")
        changes = self.editor.result("textDocument/rename", newName="tap event", **asked)["changes"]
        self.assertEqual({uri: [edit["newText"] for edit in edits] for uri, edits in changes.items()},
                         {self.main: ["`tap event`"] * 2, self.more: ["`tap event`"] * 2})
        refused = self.editor.ask("textDocument/rename", newName="", **asked)
        self.assertEqual(refused["error"]["code"], -32803)

    def test_completion_while_the_text_does_not_parse(self):
        self.open(self.more, MORE)
        self.editor.findings(self.more)
        text = MORE.replace('"buy" and user == word', '"')
        self.change(self.more, 2, {"range": span(MORE, '"buy" and user == word'), "text": '"'})
        offers = self.editor.result("textDocument/completion", **self.at(text, 'type == "', 9))
        self.assertEqual([each["label"] for each in offers["items"]], ["view", "buy"])
        self.assertEqual(offers["items"][0]["textEdit"]["range"], {"start": place(text, '" to topic', 1)} | {"end": place(text, '" to topic', 1)})

    def test_a_fix_is_offered(self):
        text = MORE.replace("user ==", "usr ==")
        self.open(self.more, text)
        actions = self.editor.result("textDocument/codeAction", textDocument={"uri": self.more}, range=span(text, "usr"),
                                     context={"diagnostics": []})
        self.assertTrue(actions[0]["isPreferred"])
        self.assertEqual(actions[0]["edit"]["changes"], {self.more: [{"range": span(text, "usr"), "newText": "user"}]})

    def test_a_file_is_formatted(self):
        text = 'topic   "clicks" {event click}\n'
        self.open(self.more, text)
        edits = self.editor.result("textDocument/formatting", textDocument={"uri": self.more},
                                   options={"tabSize": 2, "insertSpaces": True})
        self.assertTrue(edits)
        lines = text.splitlines(True)
        for edit in reversed(edits):
            start, end = edit["range"]["start"], edit["range"]["end"]
            self.assertEqual(start["line"], end["line"])
            line = lines[start["line"]]
            lines[start["line"]] = line[:start["character"]] + edit["newText"] + line[end["character"]:]
        self.assertEqual("".join(lines), 'topic "clicks" { event click }\n')

    def test_an_outline_is_given(self):
        self.open(self.main, MAIN)
        symbols = self.editor.result("textDocument/documentSymbol", textDocument={"uri": self.main})
        self.assertEqual([each["name"] for each in symbols], ["click", "dlq", "web"])
        self.assertEqual([each["name"] for each in symbols[0]["children"]], ["type", "user", "at"])

    def test_a_document_that_is_no_file_is_checked_by_itself(self):
        self.open("untitled:Untitled-1", "let a = ")
        [finding] = self.editor.findings("untitled:Untitled-1")
        self.assertEqual(finding["code"], "E0101")

    def test_wrong_messages_are_answered_and_survived(self):
        self.editor.send_bytes(b"Content-Length: 5\r\n\r\n{\"a\":")
        self.assertEqual(self.editor.wait(lambda each: "error" in each)["error"]["code"], -32700)
        self.assertEqual(self.editor.ask("textDocument/none")["error"]["code"], -32601)
        self.assertEqual(self.editor.ask("textDocument/hover")["error"]["code"], -32602)
        self.editor.notify("$/cancelRequest", id=7)
        self.open(self.more, MORE)
        self.assertEqual(self.editor.findings(self.more), [])

    def test_the_end_is_well_after_shutdown_only(self):
        self.assertIsNone(self.editor.result("shutdown"))
        self.editor.notify("exit")
        self.assertEqual(self.editor.process.wait(DEADLINE_S), 0)
        other = Editor(self.folder)
        self.assertEqual(other.close(), 1)
        third = Editor(self.folder)
        third.send_bytes(b"hello\r\n\r\n")
        self.assertEqual(third.wait(lambda each: "error" in each)["error"]["code"], -32600)
        self.assertEqual(third.process.wait(DEADLINE_S), 1)
        third.close()


if __name__ == "__main__":
    unittest.main()
