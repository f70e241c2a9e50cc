"""The signals of `millrace run`, on the program itself: SIGHUP logs a receipt, SIGTERM drains and ends with 0."""
import os, pathlib, re, signal, subprocess, sys, tempfile, threading

program, rules = sys.argv[1], pathlib.Path(sys.argv[2])
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "events.ndjson").write_text("")
    (folder / "main.rules").write_text(rules.read_text())
    (folder / "millrace.toml").write_text(f"""
[engine]
admin = "off"
[pipeline.p]
source.file  = {{ path = "events.ndjson", follow = true }}
router.rules = {{ file = "main.rules", run = "edits" }}
sink.null    = {{}}
""")
    engine = subprocess.Popen([program, "run", "-c", str(folder / "millrace.toml")], stderr=subprocess.PIPE, text=True)
    watchdog = threading.Timer(30, engine.kill)  # then the log ends, and with it every wait below
    watchdog.start()

    def logged(part):
        seen = []
        for line in engine.stderr:
            seen.append(line)
            if part in line:
                return line
        sys.exit(f"the log has no '{part}':\n{''.join(seen)}")

    def reload():
        os.kill(engine.pid, signal.SIGHUP)
        return logged("rules reloaded on SIGHUP")

    logged(" started ")
    accepted = reload()
    assert re.search(r'receipt="accepted \(.*pipeline p: [0-9a-f]+, unchanged', accepted), accepted
    (folder / "main.rules").write_text(rules.read_text() + "\nnonsense\n")
    refused = reload()
    assert "refused, nothing was changed" in refused and "E0101" in refused and "stays active" in refused, refused
    os.kill(engine.pid, signal.SIGTERM)
    logged(" stopped ")
    code = engine.wait()
    watchdog.cancel()
    assert code == 0, f"ended with {code}"
