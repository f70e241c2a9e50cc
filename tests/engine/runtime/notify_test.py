"""What `millrace run` tells a service manager, heard on a NOTIFY_SOCKET of the test's own."""
import os, pathlib, signal, socket, subprocess, sys, tempfile

program, rules = sys.argv[1], pathlib.Path(sys.argv[2])
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "events.ndjson").write_text("")
    (folder / "millrace.toml").write_text(f"""
[engine]
admin = "off"
stop_deadline = "7s"
[pipeline.p]
source.file  = {{ path = "events.ndjson", follow = true }}
router.rules = {{ file = "{rules.resolve()}", run = "edits" }}
sink.null    = {{}}
""")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(folder / "notify"))
    manager.settimeout(30)
    heard = []

    def hears(part, unwanted="nothing at all"):
        while True:
            heard.append(manager.recv(4096).decode())
            assert unwanted not in heard[-1], heard
            if part in heard[-1]:
                return heard[-1]

    def started(**environment):
        return subprocess.Popen([program, "run", "-c", str(folder / "millrace.toml")], stderr=subprocess.DEVNULL,
                                env=os.environ | {"NOTIFY_SOCKET": str(folder / "notify")} | environment)

    engine = started(WATCHDOG_USEC="150000")
    try:
        assert hears("READY=1", unwanted="WATCHDOG") == "READY=1", heard
        hears("STATUS=ready: 1 worker of 1 pipeline")
        for _ in range(3):
            assert hears("WATCHDOG=1") == "WATCHDOG=1", heard
        os.kill(engine.pid, signal.SIGHUP)
        begins = hears("RELOADING=1").split("\n")
        assert begins[1].startswith("MONOTONIC_USEC=") and int(begins[1].split("=")[1]) > 0, begins
        assert hears("READY=1") == "READY=1", heard
        os.kill(engine.pid, signal.SIGTERM)
        assert hears("STOPPING=1") == "STOPPING=1\nEXTEND_TIMEOUT_USEC=22000000", heard
        assert engine.wait(20) == 0
    finally:
        engine.kill()

    # The watchdog of another process is not ours to feed.
    manager.setblocking(False)
    try:
        while manager.recv(4096):
            pass
    except BlockingIOError:
        pass
    manager.settimeout(30)
    engine = started(WATCHDOG_USEC="150000", WATCHDOG_PID="1")
    try:
        hears("STATUS=ready", unwanted="WATCHDOG")
        os.kill(engine.pid, signal.SIGTERM)
        hears("STOPPING=1", unwanted="WATCHDOG")
        assert engine.wait(20) == 0
    finally:
        engine.kill()
