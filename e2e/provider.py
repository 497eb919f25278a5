"""A provider for verifiers: answers requests as it is told, is told states, and remembers what came in which order."""

import base64
import json
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote

STATE_PATH = "/_pact/state"
BODY_WITHIN_S = 1


@dataclass
class Asked:
    """One request; `target` is path and query as they were sent."""

    method: str
    target: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


class Server:
    """Answers each request with what `respond` gives for it; a context manager. Keeps connections open, as providers do."""

    def __init__(self, respond):
        self.respond = respond

    def __enter__(self):
        respond = self.respond

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body go in one packet, and never wait for the acknowledgement of another one.
            disable_nagle_algorithm = True
            wbufsize = -1

            def log_message(self, *_):
                pass

            def __getattr__(self, name):
                # Contracts may name any method, in any case.
                if name.startswith("do_"):
                    return self.answer
                raise AttributeError(name)

            def answer(self):
                # Contracts may name a length that their body does not have; then the connection is closed.
                self.connection.settimeout(BODY_WITHIN_S)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.connection.settimeout(None)
                if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                    body = unchunked(self.rfile)
                path, _, query = self.path.partition("?")
                headers = {name: ", ".join(self.headers.get_all(name)) for name in self.headers.keys()}
                answer = respond(Asked(self.command, self.path, unquote(path), parse_qsl(query, keep_blank_values=True), headers, body))
                self.send_response_only(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                # These have no body, whatever a contract says; one would be taken for the next answer.
                if self.command != "HEAD" and answer.status >= 200 and answer.status not in (204, 304):
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                else:
                    self.end_headers()

        class Listening(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                # A verifier may hang up when it has seen enough.
                if not isinstance(sys.exc_info()[1], ConnectionError):
                    super().handle_error(request, client_address)

        self.server = Listening(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Provider(Server):
    """Has HTTP interactions and messages; what it has none for is answered with 500. Takes the calls of a state callback, too."""

    def __init__(self):
        super().__init__(self.answer)
        self.interactions = []
        self.messages = {}
        self.states_fail = False
        # ("state", what the callback was told) and ("request", Asked), in their order.
        self.events = []

    def answer(self, asked):
        if asked.path == STATE_PATH:
            self.events.append(("state", json.loads(asked.body)))
            # The official verifier repeats calls that get 500, for two minutes.
            return json_answer({}, 400 if self.states_fail else 200)
        self.events.append(("request", asked))
        for interaction in self.interactions:
            if interaction.is_asked_by(asked):
                part = interaction.response
                return Answer(interaction.status, list(part.joined_headers().items()), part.body.content if part.body else b"")
        message = self.messages.get(description_asked_for(asked))
        return message_answer(message.body, message.metadata) if message else json_answer({"error": "this is not known here"}, 500)

    def requests(self):
        return [what for kind, what in self.events if kind == "request"]

    def state_calls(self, action):
        return [what for kind, what in self.events if kind == "state" and what["action"] == action]


def description_asked_for(asked):
    """Of the message that is to be generated; None when no message is asked for."""
    try:
        return json.loads(asked.body)["description"] if asked.method == "POST" else None
    except (ValueError, KeyError, TypeError):
        return None


def message_answer(body, metadata):
    headers = [("Content-Type", body.content_type)] if body and body.content_type else []
    if metadata:
        headers.append(("Pact-Message-Metadata", base64.b64encode(json.dumps(metadata).encode()).decode()))
    return Answer(200, headers, body.content if body else b"")


def json_answer(document, status=200, content_type="application/json"):
    return Answer(status, [("Content-Type", content_type)], json.dumps(document).encode())


def unchunked(stream):
    body = b""
    while size := int(stream.readline().partition(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    while stream.readline().strip():
        pass
    return body
