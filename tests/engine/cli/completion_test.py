#!/usr/bin/env python3
"""Types into a real shell, with tabs, and looks at the command line that comes of it.

usage: completion_test.py MILLRACE bash|zsh|fish     exit code 77: the shell is not installed
"""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

DEADLINE = 60  # seconds, for a shell that does not answer at all
PROMPT = "ready% "

# What is typed, with ~ for a tab, and the command line that runs then. zsh joins an option and its value with `=`.
TYPED = [
    ("millrace ch~", "check"),
    ("millrace pl~li~", "plugins list"),
    ("millrace check --fo~sa~", "check --format sarif"),
    ("millrace check --format=js~", "check --format=json"),
    ("millrace explain --str~", "explain --strict"),
    ("millrace check --config mill~", "check --config millrace.toml"),
    ("millrace check -c mill~", "check -c millrace.toml"),
    ("millrace explain ma~", "explain main.rules"),
    ("millrace explain main.rules --event main.j~", "explain main.rules --event main.json"),
    ("millrace diff main.rules oth~", "diff main.rules other rules.rules"),
    ("millrace plugins list --plugins mo~", "plugins list --plugins modules/"),
    ("millrace explain-code W011~", "explain-code W0115"),
    ("millrace completion fi~", "completion fish"),
    ("millrace explain --router ma~", "explain --router ma"),  # nothing is known of it, files least of all
]

# What fish offers for a beginning: exactly these, or among others these and none of those.
OFFERED = [
    ("millrace ch", ["check"]),
    ("millrace plugins l", ["list"]),
    ("millrace check --format ", ["json", "sarif", "text"]),
    ("millrace check --format=js", ["--format=json"]),
    ("millrace check --co", ["--config", "--connect", "--cost"]),
    ("millrace check -c mill", ["millrace.toml"]),
    ("millrace explain main.rules --event main.j", ["main.json"]),
    ("millrace explain ma", ["main.rules", "main.json"]),
    ("millrace plugins list --plugins mo", ["modules/"]),
    ("millrace explain-code W011", ["W0115"]),
    ("millrace completion ", ["bash", "fish", "zsh"]),
    ("millrace version ma", []),
    ("millrace explain --router ma", []),
]


class Typist:
    """A shell on a terminal of its own."""

    def __init__(self, arguments, folder):
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(folder)
            os.environ.update(TERM="dumb", HOME=folder, PS1=PROMPT, HISTFILE="/dev/null")
            os.execvp(arguments[0], arguments)
        self.said = ""

    def read_until(self, wanted):
        """What was said up to and with the match, which is taken away."""
        end = time.monotonic() + DEADLINE
        while True:
            found = re.search(wanted, self.said)
            if found:
                self.said = self.said[found.end():]
                return found
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise TimeoutError(f"the shell said only: {self.said!r}")
            self.said += os.read(self.terminal, 65536).decode(errors="replace").replace("\r", "")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def command(self, text):
        """Runs a line and waits for its end."""
        self.type(text + "; echo e''nd\n")
        self.read_until("(?m)^end\n")

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.child, 0)


def typed_command_lines(shell, script, folder):
    if shell == "bash":
        typist = Typist(["bash", "--norc", "--noprofile", "-i"], folder)
        typist.command(f"bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; source '{script}'")
    else:
        shutil.copy(script, pathlib.Path(folder, "functions/_millrace"))
        typist = Typist(["zsh", "-f", "-i"], folder)
        typist.command("unsetopt prompt_sp beep; fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D")
    typist.command("millrace() { local IFS=' '; echo \"ran: $*.\"; }")
    typist.command(f"PS1='{PROMPT}'")
    results = []
    for keys, _ in TYPED:
        typist.type(keys.replace("~", "\t") + "\n")
        results.append(typist.read_until(r"(?m)^ran: (.*)\.\n").group(1))
    typist.close()
    return results


def check_typed(shell, script, folder):
    mistakes = []
    for (keys, wanted), got in zip(TYPED, typed_command_lines(shell, script, folder)):
        got = got.strip()
        if shell == "zsh":
            wanted, got = wanted.replace("=", " "), re.sub(r"(--\w+)=", r"\1 ", got)
        if got.rstrip("/") != wanted.rstrip("/"):
            mistakes.append(f"{shell}: {keys!r} became 'millrace {got}', not 'millrace {wanted}'")
    return mistakes


def check_offered(script, folder):
    mistakes = []
    for beginning, wanted in OFFERED:
        ran = subprocess.run(
            ["fish", "--no-config", "-c", f"source '{script}'; complete -C'{beginning}'"],
            cwd=folder, capture_output=True, text=True, timeout=DEADLINE, check=True,
            env=dict(os.environ, HOME=str(folder), XDG_CONFIG_HOME=str(folder)))
        got = [line.split("\t")[0] for line in ran.stdout.splitlines()]
        if ran.stderr or sorted(got) != sorted(wanted):
            mistakes.append(f"fish: {beginning!r} offers {got}, not {wanted}; {ran.stderr}")
    return mistakes


def main(millrace, shell):
    if shutil.which(shell) is None:
        print(f"{shell} is not installed; ./dev setup installs it")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        for name in ["millrace.toml", "main.rules", "other rules.rules", "main.json", "modules/x", "functions/x"]:
            pathlib.Path(folder, name).parent.mkdir(exist_ok=True)
            pathlib.Path(folder, name).touch()
        script = pathlib.Path(folder, f"completion.{shell}")
        script.write_text(subprocess.run([millrace, "completion", shell], capture_output=True, text=True, check=True).stdout)
        mistakes = []
        checked = subprocess.run([shell, "-n", script], capture_output=True, text=True)
        if checked.returncode != 0 or checked.stderr:
            mistakes.append(f"{shell} -n: {checked.stderr}")
        mistakes += check_offered(script, folder) if shell == "fish" else check_typed(shell, script, folder)
    print("\n".join(mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
