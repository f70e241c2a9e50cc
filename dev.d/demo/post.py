"""Posts lines to the engine over HTTP, as NDJSON batches on a few connections, and counts the answers."""
import http.client
import json
import queue
import threading
import time

BATCH = 200
CONNECTIONS = 4
PATIENCE_S = 120


class Poster:
    """`run` returns when every line is answered with success; `posted` may be read meanwhile."""

    def __init__(self, host, port, path="/events"):
        self.host, self.port, self.path = host, port, path
        self.posted = 0
        self.repeated = 0
        self.failures = []
        self.lock = threading.Lock()

    def run(self, lines):
        batches = queue.SimpleQueue()
        for start in range(0, len(lines), BATCH):
            batches.put(lines[start : start + BATCH])
        threads = [threading.Thread(target=self.work, args=(batches,), daemon=True) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.failures:
            raise RuntimeError(self.failures[0])

    def work(self, batches):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            while not self.failures:
                self.post(connection, batches.get_nowait())
        except queue.Empty:
            pass
        except Exception as error:  # the thread's owner tells it
            self.failures.append(f"posting failed: {error}")
        finally:
            connection.close()

    def post(self, connection, lines):
        """Sends what is left of the batch until all of it is taken; who is told to wait, waits."""
        deadline = time.monotonic() + PATIENCE_S
        while lines:
            status, retry_after, refused = self.request(connection, lines)
            with self.lock:
                self.posted += len(lines) - len(refused)
                self.repeated += len(refused)
            if refused and status not in (429, 503):
                raise RuntimeError(f"{len(refused)} of {len(lines)} events were answered with {status}")
            if refused:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"still answered with {status} after {PATIENCE_S} s")
                time.sleep(min(retry_after, 5))
            lines = refused

    def request(self, connection, lines):
        """(status, seconds to wait, the lines that must be sent again). No answer at all counts as 503."""
        try:
            connection.request("POST", self.path, b"\n".join(lines) + b"\n", {"Content-Type": "application/x-ndjson"})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return 503, 0.5, lines
        if answer.status == 200:
            return 200, 0, []
        return answer.status, float(answer.headers.get("Retry-After", "0.2")), refused_lines(lines, body)


def refused_lines(lines, body):
    """The lines that a batch's answer names as not taken; all of them where it names none."""
    try:
        problems = json.loads(body).get("problems", [])
        refused = [lines[problem["index"]] for problem in problems if problem["status"] != 200]
    except (ValueError, LookupError, TypeError, AttributeError):
        return lines
    return refused or lines
