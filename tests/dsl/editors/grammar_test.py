#!/usr/bin/env python3
"""Compares the colours of VS Code and Vim with what the compiler's lexer says of every valid rules file.

usage: grammar_test.py ROOT DUMP_TOKENS

The TextMate grammar is read by a small matcher over Python's `re`: `match` with captures and `begin`/`end` with patterns
inside, one line at a time, as editors do it. Vim itself is asked where there is one.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
DUMP_TOKENS = sys.argv.pop(1)
VSCODE = ROOT / "dsl/editors/vscode"
VIM = ROOT / "dsl/editors/vim"

ITEMS = ("import", "let", "def", "lookup", "event", "topic", "rules", "router", "table", "test")


class Grammar:
    """A TextMate grammar."""

    def __init__(self, source):
        self.repository = source["repository"]
        self.patterns = self.resolve(source["patterns"])

    def resolve(self, patterns):
        out = []
        for pattern in patterns:
            pattern = self.repository[pattern["include"][1:]] if "include" in pattern else pattern
            compiled = {key: re.compile(pattern[key]) for key in ("match", "begin", "end") if key in pattern}
            out.append(pattern | {"compiled": compiled, "inside": self.resolve(pattern.get("patterns", []))})
        return out

    def scopes(self, line):
        """For every character of the line the scopes that it has."""
        marks = [set() for _ in line]
        self.walk(line, 0, self.patterns, None, marks)
        return marks

    def walk(self, line, at, patterns, end, marks):
        while at <= len(line):
            best = None
            closing = end.search(line, at) if end else None
            for pattern in patterns:
                regex = pattern["compiled"].get("match") or pattern["compiled"]["begin"]
                found = regex.search(line, at)
                if found and (best is None or found.start() < best[0].start()):
                    best = (found, pattern)
            if closing and (best is None or closing.start() <= best[0].start()):
                return closing.end()
            if best is None:
                return len(line) + 1
            found, pattern = best
            stop = found.end()
            if "begin" in pattern:
                stop = self.walk(line, found.end(), pattern["inside"], pattern["compiled"]["end"], marks)
            for i in range(found.start(), min(stop, len(line))):
                marks[i] |= {pattern["name"]} if "name" in pattern else set()
            for number, capture in pattern.get("captures", {}).items():
                for i in range(*found.span(int(number))):
                    marks[i].add(capture["name"])
            at = max(stop, at + 1) if stop == found.start() else stop
        return at


def sections(path):
    """The rules files in a fixture."""
    found = {}
    name = None
    for line in path.read_text().splitlines(True):
        if line.startswith("--- "):
            name = line[4:].strip()
        elif name and name.endswith(".rules"):
            found[name] = found.get(name, "") + line
    return found


def valid_files(folder):
    """Copies of every valid rules file of the project."""
    texts = [path.read_text() for path in sorted((ROOT / "rules").rglob("*.rules"))]
    for kind in ("decisions", "format", "editor"):
        for path in sorted((ROOT / "tests/dsl/fixtures" / kind).glob("*.txt")):
            texts += sections(path).values()
    files = []
    for i, text in enumerate(texts):
        files.append(folder / f"{i}.rules")
        files[-1].write_text(text)
    return files


def tokens_of(files):
    """By file: kind, text, line and column in characters, and the token before it."""
    out = subprocess.run([DUMP_TOKENS, *map(str, files)], capture_output=True, text=True, check=True).stdout
    found = {}
    for row in out.splitlines():
        kind, first, *rest = row.split(" ")
        if kind == "file":
            file = pathlib.Path(first)
            data = file.read_bytes()
            before = ""
            found[file] = []
        elif kind not in ("end", "sign"):
            begin, end = int(first), int(rest[0])
            line_begin = data.rfind(b"\n", 0, begin) + 1
            text = data[begin:end].decode()
            found[file].append((kind, text, data.count(b"\n", 0, begin), len(data[line_begin:begin].decode()), before,
                                begin - line_begin))
            before = text
        elif kind == "sign":
            before = data[int(first):int(rest[0])].decode()
    return found


def words_in(pattern):
    """The words of the longest alternation in a regular expression."""
    return set(max(re.findall(r"\(((?:[a-z_0-9 ]+\|)+[a-z_0-9 ]+)\)", pattern), key=len).split("|"))


def compiler_words():
    grammar = "".join(path.read_text() for path in (ROOT / "dsl/grammar").glob("*.?pp"))
    lexer = (ROOT / "dsl/syntax/lexer.cpp").read_text()
    reserved = set(re.findall(r'"([a-z]+)"', lexer[lexer.index("kReserved = {"):lexer.index("kUnits")]))
    keywords = set(re.findall(r'\b(?:word|wanted|keyword_at|rule_word<[^>]*>)\("([a-z_0-9]+)"', grammar))
    functions = set(re.findall(r'FunctionInfo\{"([a-z_]+)"', (ROOT / "dsl/check/functions.cpp").read_text()))
    types = set(re.findall(r'\{"([a-z]+)", ast::TypeName', (ROOT / "dsl/grammar/types.cpp").read_text()))
    sql = set(re.findall(r'\{"([a-z ]+)", SqlKind::', (ROOT / "dsl/check/columns.cpp").read_text()))
    constants = {"true", "false", "null"}
    # `edition`, and the second words of `starts with` and `ignoring case`, are read by tokens of their own.
    return {"reserved": reserved - constants, "constant": constants,
            "keyword": keywords - reserved | {"edition", "with", "case"}, "function": functions | {"sampled"},
            "type": types - {"one"}, "column": sql}


class Words(unittest.TestCase):
    def test_vs_code_knows_those_of_the_compiler(self):
        repository = json.loads((VSCODE / "syntaxes/millrace.tmLanguage.json").read_text())["repository"]
        for kind, words in compiler_words().items():
            self.assertEqual(words_in(repository[kind]["match"]), words, kind)

    def test_vim_knows_those_of_the_compiler(self):
        groups = {}
        for line in (VIM / "syntax/millrace.vim").read_text().splitlines():
            if keyword := re.match(r"syn keyword (\w+) (.*)", line):
                groups[keyword[1]] = set(keyword[2].split())
            elif "(contains)" in line:
                groups["millraceReserved"].add("contains")
            elif match := re.match(r"syn match (millrace(?:Keyword|Function|Type|SqlType)) (.*)", line):
                groups[match[1]] = words_in(match[2].replace(r"\s+", " "))
        names = {"reserved": "Reserved", "constant": "Constant", "keyword": "Keyword", "function": "Function",
                 "type": "Type", "column": "SqlType"}
        for kind, words in compiler_words().items():
            self.assertEqual(groups["millrace" + names[kind]], words, kind)


class Colours(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.files = valid_files(pathlib.Path(cls.temporary.name))
        cls.tokens = tokens_of(cls.files)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @staticmethod
    def wanted(kind, text, column, before, scopes):
        """What the token has to be; the second is what it must not be. None: anything."""
        if kind == "word" and before == ".":
            return None, scopes["words"]
        if kind == "reserved" and before != ".":
            return (scopes["constant"] if text in ("true", "false", "null") else scopes["reserved"]), None
        if kind == "word" and column == 0 and text in ITEMS:
            return scopes["keyword"], None
        return scopes.get(kind), None

    def test_vs_code_sees_every_token_as_the_compiler_does(self):
        grammar = Grammar(json.loads((VSCODE / "syntaxes/millrace.tmLanguage.json").read_text()))
        scopes = {"comment": "comment.", "text": "string.quoted.", "number": "constant.numeric.",
                  "regex": "string.regexp.", "quoted_name": "variable.other.quoted.", "reserved": "keyword.operator.word.",
                  "constant": "constant.language.", "keyword": "keyword.control.", "words": "keyword."}
        self.assertGreater(len(self.files), 40)
        checked = 0
        for file, tokens in self.tokens.items():
            lines = [grammar.scopes(line) for line in file.read_text().split("\n")]
            for kind, text, line, column, before, _ in tokens:
                scope = wanted, refused = self.wanted(kind, text, column, before, scopes)
                for i in range(column, column + len(text)):
                    has = lines[line][i]
                    where = f"{text!r} in line {line + 1} of\n{file.read_text()}"
                    if wanted:
                        self.assertTrue(any(each.startswith(wanted) for each in has), f"{has} {scope} {where}")
                        checked += 1
                    if refused:
                        self.assertFalse(any(each.startswith(refused) for each in has), f"{has} {scope} {where}")
        self.assertGreater(checked, 10_000)

    @unittest.skipUnless(shutil.which("vim"), "there is no vim")
    def test_vim_sees_every_token_as_the_compiler_does(self):
        groups = {"comment": "millraceComment", "text": "millraceText", "number": "millraceNumber",
                  "regex": "millraceRegex", "quoted_name": "millraceQuotedName", "reserved": "millraceReserved",
                  "constant": "millraceConstant", "keyword": "millraceKeyword", "words": "millraceReserved"}
        files = self.files[:40]
        script = [f"set runtimepath={VIM},$VIMRUNTIME nocompatible encoding=utf-8 maxmempattern=100000", "syntax on",
                  "let out = []"]
        asked = []
        for file in files:
            script.append(f"edit {file}")
            script.append("set syntax=millrace")
            for kind, text, line, column, before, byte in self.tokens[file]:
                wanted, refused = self.wanted(kind, text, column, before, groups)
                if wanted or refused:
                    asked.append((wanted, refused, text, file, line))
                    script.append(f'call add(out, join(map(synstack({line + 1}, {byte + 1}), \'synIDattr(v:val, "name")\')))')
        answers = pathlib.Path(self.temporary.name) / "answers"
        script += [f"call writefile(out, '{answers}')", "qall!"]
        source = pathlib.Path(self.temporary.name) / "ask.vim"
        source.write_text("\n".join(script) + "\n")
        ran = subprocess.run(["vim", "-e", "-s", "-u", "NONE", "-S", str(source)], capture_output=True, timeout=300)
        if not answers.exists() or "has('syntax')" in ran.stderr.decode(errors="replace"):
            self.skipTest("this vim cannot run the script: it is built without syntax colours")
        got = answers.read_text().splitlines()
        self.assertEqual(len(got), len(asked))
        for answer, (wanted, refused, text, file, line) in zip(got, asked):
            where = f"{text!r} in line {line + 1} of\n{file.read_text()}"
            if wanted:
                self.assertIn(wanted, answer.split(), where)
            if refused:
                self.assertNotIn(refused, answer.split(), where)


class Extension(unittest.TestCase):
    def test_what_it_names_is_there(self):
        package = json.loads((VSCODE / "package.json").read_text())
        contributes = package["contributes"]
        for path in [package["main"], contributes["languages"][0]["configuration"], contributes["grammars"][0]["path"]]:
            self.assertTrue((VSCODE / path).is_file(), path)
        scope = json.loads((VSCODE / contributes["grammars"][0]["path"]).read_text())["scopeName"]
        self.assertEqual(scope, contributes["grammars"][0]["scopeName"])

    @unittest.skipUnless(shutil.which("node"), "there is no node")
    def test_it_is_javascript(self):
        subprocess.run(["node", "--check", str(VSCODE / "extension.js")], check=True, timeout=60)


if __name__ == "__main__":
    unittest.main()
