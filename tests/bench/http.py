#!/usr/bin/env python3
"""Requests a second of the whole engine: wrk, 64 connections, one event a request, `millrace run` from source_http over rules
into sink_null, against an nginx with one worker that answers 202 and does nothing else.

The two take turns, several rounds of a few seconds each; the value is the median of its rounds, the ratio the median of the
rounds' ratios, so that a busy moment of the machine counts for both. Then the same into a Kafka of its own, every request answered
after the delivery report: an absolute figure, beside the first. MILLRACE_BUILD is the build to measure.
"""
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MILLRACE_BUILD", ROOT / "build" / "release")).resolve()
ROUNDS = int(os.environ.get("MILLRACE_BENCH_ROUNDS", "5"))
SECONDS = int(os.environ.get("MILLRACE_BENCH_SECONDS", "5"))
CONNECTIONS = 64

RULES = """edition 1
event measured { id: uuid  type: string }
topic "clicks" { event measured }
topic "others" { event measured }
topic "dead" { }
router all for measured {
  match first
  dead_letter "dead"
  route click when type == "click" to topic "clicks" { key id }
  otherwise to topic "others"
}
"""
CONFIG = """[engine]
admin   = "127.0.0.1:{admin}"
plugins = ["{plugins}"]

[pipeline.ingest]
workers      = 1
source.http  = {{ listen = "127.0.0.1:0", port_file = "port" }}
router.rules = {{ file = "measured.rules", run = "all" }}
{sink}
"""
INTO_NOTHING = "sink.null    = { }"
INTO_KAFKA = 'sink.kafka   = {{ brokers = "{brokers}" }}'
NGINX = """worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ return 202; }} }}
}}
"""
# 300 bytes, as the other measurements use.
EVENT = ('{"id":"0190b0a0-1111-7222-8333-444455556666","type":"click","at":"2026-05-01T12:00:00.000Z","user":{"id":1234567,'
         '"country":"DE","plan":"free"},"device":{"model":"X-200","os":"14.2","locale":"de_DE"},"session":"b7c9d2e4f6a81357",'
         '"page":"/catalogue/lamps/standing","position":{"x":214,"y":1180},"ms":48}')
WRK = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{event}]==]
done = function(summary)
  local errors = summary.errors
  print("bad answers: " .. errors.status + errors.connect + errors.read + errors.write + errors.timeout)
end
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wait_for(ready, what, process, log):
    deadline = time.monotonic() + 30
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"http: {what} did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def start_engine(folder, sink):
    folder.mkdir()
    (folder / "measured.rules").write_text(RULES)
    config = folder / "millrace.toml"
    config.write_text(CONFIG.format(admin=free_port(), plugins=BUILD / "plugins", sink=sink))
    log = folder / "millrace.log"
    with log.open("wb") as out:
        process = subprocess.Popen([BUILD / "bin" / "millrace", "run", "--config", config], stdout=out, stderr=out)
    wait_for((folder / "port").exists, "the engine", process, log)
    return process, int((folder / "port").read_text())


def start_nginx(folder):
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port))
    log = folder / "nginx.log"
    log.touch()
    process = subprocess.Popen(["nginx", "-e", log, "-p", folder, "-c", config])
    wait_for(lambda: answers(port), "nginx", process, log)
    return process, port


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait(60)


def kafka(*arguments):
    return subprocess.run([ROOT / "tests" / "support" / "kafka", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def measure(port, script, seconds):
    out = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script, f"http://127.0.0.1:{port}/events"],
                         check=True, capture_output=True, text=True).stdout
    bad = re.search(r"bad answers: (\d+)", out)
    if bad is None or int(bad[1]) != 0:
        sys.exit(f"http: wrk saw requests that failed:\n{out}")
    return float(re.search(r"Requests/sec:\s*([\d.]+)", out)[1])


def beside_nginx(folder, script):
    running = []
    try:
        engine, engine_port = start_engine(folder / "engine", INTO_NOTHING)
        running.append(engine)
        nginx, nginx_port = start_nginx(folder)
        running.append(nginx)
        measure(engine_port, script, 1)  # warm
        measure(nginx_port, script, 1)
        return [(measure(engine_port, script, SECONDS), measure(nginx_port, script, SECONDS)) for _ in range(ROUNDS)]
    finally:
        for process in running:
            stop(process)


def into_kafka(folder, script):
    place = folder / "kafka"
    brokers = kafka("start", "--dir", place)
    try:
        for topic in ("clicks", "others", "dead"):
            kafka("topic", topic, "4", "--dir", place)
        engine, port = start_engine(folder / "engine-kafka", INTO_KAFKA.format(brokers=brokers))
        try:
            measure(port, script, 2)  # warm
            return statistics.median(measure(port, script, SECONDS) for _ in range(ROUNDS))
        finally:
            stop(engine)
    finally:
        kafka("remove", "--dir", place)


def main():
    with tempfile.TemporaryDirectory(prefix="millrace-bench-http-") as name:
        folder = pathlib.Path(name)
        script = folder / "post.lua"
        script.write_text(WRK.format(event=EVENT))
        rounds = beside_nginx(folder, script)
        value = statistics.median(ours for ours, _ in rounds)
        reference = statistics.median(theirs for _, theirs in rounds)
        ratio = statistics.median(ours / theirs for ours, theirs in rounds)
        print(f"bench http value={value:.0f} unit=requests/s reference={reference:.0f} ratio={ratio:.2f}", flush=True)
        durable = into_kafka(folder, script)
        print(f"bench http_kafka value={durable:.0f} unit=requests/s reference={value:.0f} ratio={durable / value:.2f}")


main()
