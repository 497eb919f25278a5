"""The provider of the stories: a small stock keeper with an HTTP API, provider states, and a build that has a bug."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class StockKeeper:
    """Use as a context manager. The faulty build answers with the count as a text."""

    def __init__(self, *, faulty=False):
        self.faulty = faulty
        self.stock = {}

    def __enter__(self):
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body):
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def do_GET(self):
                sku = self.path.removeprefix("/stock/")
                if sku not in keeper.stock:
                    return self.answer(404, {"error": f"{sku} is not sold here"})
                count = keeper.stock[sku]
                return self.answer(200, {"sku": sku, "count": str(count) if keeper.faulty else count})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
                if self.path == "/_pact/state":
                    keeper.enter_state(body["state"], body.get("params") or {})
                    return self.answer(200, {})
                keeper.stock[body["sku"]] -= body["count"]
                return self.answer(201, {"left": keeper.stock[body["sku"]]})

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def enter_state(self, state, params):
        match state:
            case "apples are in stock":
                self.stock = {params["sku"]: params["count"]}
            case "unicorns are not sold":
                self.stock = {}
            case _:
                raise ValueError(f"unknown provider state {state!r}")

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
