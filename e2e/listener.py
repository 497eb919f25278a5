"""Receives webhooks, and can leave the first one hanging, so that a server can be killed in the middle of delivering it."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Listener:
    """Use as a context manager. `answered` has what was received and confirmed: (headers, body) in order of arrival; the names
    of headers are looked up in any case. `bodies` has the same bodies, as they were sent."""

    def __enter__(self):
        self.answered = []
        self.bodies = []
        self.hanging = threading.Event()
        self._hang = threading.Event()
        self._released = threading.Event()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if listener._hang.is_set():
                    listener.hanging.set()
                    listener._released.wait()
                    return
                listener.bodies.append(body.decode())
                listener.answered.append((self.headers, json.loads(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def hang(self):
        """From now on requests are taken in and never answered."""
        self._hang.set()

    def release(self):
        """Ends `hang`: hanging requests are dropped without an answer, later ones answered."""
        self._hang.clear()
        self._released.set()

    def wait_for(self, what, found, timeout_s):
        """Headers and body of the first one for whose body `found` holds; waits for it."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            for headers, body in list(self.answered):
                if found(body):
                    return headers, dict(body)
            time.sleep(0.05)
        raise AssertionError(f"no webhook {what} within {timeout_s} s; received: {[body for _, body in self.answered]}")

    def __exit__(self, *_):
        self._released.set()
        self.server.shutdown()
        self.server.server_close()


class Receiver:
    """Answers every webhook as the recorded suites expect of their receiver; use as a context manager."""

    def __enter__(self):
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = b'{"ok":true}'
                self.send_response(500 if "fail" in self.path else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_PATCH = do_DELETE = do_POST

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
