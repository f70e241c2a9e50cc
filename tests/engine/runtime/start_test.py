"""What `millrace run` does about an address that is taken: of a source and of the admin page, both end it at the start."""
import pathlib, socket, subprocess, sys, tempfile

program, rules = sys.argv[1], pathlib.Path(sys.argv[2])


def ends_with(folder, listen, admin):
    (folder / "millrace.toml").write_text(f"""
[engine]
admin = "{admin}"
[pipeline.p]
workers = 2
source.http  = {{ listen = "{listen}" }}
router.rules = {{ file = "{rules.resolve()}", run = "edits" }}
sink.null    = {{}}
""")
    done = subprocess.run([program, "run", "-c", str(folder / "millrace.toml")], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stderr


with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as other:
    folder = pathlib.Path(name)
    taken = f"127.0.0.1:{other.getsockname()[1]}"
    code, said = ends_with(folder, taken, "off")
    assert code == 6, (code, said)
    last = said.splitlines()[-1]
    assert last.startswith("source.http of p/") and f" cannot start: cannot listen at {taken}: " in last, said
    assert "choose another port with listen" in last, said
    code, said = ends_with(folder, "127.0.0.1:0", taken)
    assert code == 6 and taken in said.splitlines()[-1], (code, said)
