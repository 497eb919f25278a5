"""Interactions as the compatibility features tell them, and the Pact files, V1 to V4, that say the same."""

import base64
import copy
import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from bodies import Body, read_body, read_fixture, read_headers

# Their values may hold commas.
OF_ONE_VALUE = ("date", "expires", "if-modified-since", "if-unmodified-since", "last-modified", "set-cookie", "user-agent")

# The columns of the features' tables: the part that each describes, and what it says about it.
COLUMNS = {"headers": "headers", "raw headers": "raw_headers", "content type": "content_type", "content": "content_type", "body": "body",
           "matching rules": "rules", "generators": "generators"}
LINE = {"method": "method", "path": "path", "query": "query"}


@dataclass
class Part:
    """A request or a response."""

    headers: dict[str, list[str]] = field(default_factory=dict)
    body: Body | None = None
    rules: dict = field(default_factory=dict)
    generators: dict = field(default_factory=dict)

    def change(self, told, fixtures):
        """`told` holds some of the columns of a table."""
        for name, value in read_headers(told["headers"]) if "headers" in told else ():
            self.set_header(name, [value] if name.lower() in OF_ONE_VALUE else [one.strip() for one in value.split(",")])
        for name, value in read_headers(told["raw_headers"]) if "raw_headers" in told else ():
            self.set_header(name, [value])
        if "content_type" in told:
            self.set_header("Content-Type", [told["content_type"]])
        if "body" in told:
            plain = not re.match("(file|JSON|XML):", told["body"])
            self.body = read_body(told["body"], fixtures, told.get("content_type") or (self.content_type() if plain else None))
            if self.body.content_type:
                self.set_header("Content-Type", [self.body.content_type])
        if "rules" in told:
            self.rules = read_fixture(told["rules"], fixtures)
        if "generators" in told:
            self.generators = read_fixture(told["generators"], fixtures)

    def set_header(self, name, values):
        for other in [other for other in self.headers if other.lower() == name.lower()]:
            del self.headers[other]
        self.headers[name] = values

    def content_type(self):
        return next((", ".join(values) for name, values in self.headers.items() if name.lower() == "content-type"), None)

    def joined_headers(self):
        return {name: ", ".join(values) for name, values in self.headers.items()}

    def to_json(self, version):
        written = {}
        if self.headers:
            written["headers"] = self.headers if version >= 4 else self.joined_headers()
        if self.body is not None:
            written["body"] = body_to_json(self.body, version)
        if self.rules:
            written["matchingRules"] = by_category(self.rules) if version >= 3 else by_path(self.rules)
        if self.generators:
            written["generators"] = self.generators
        return written


@dataclass
class Interaction:
    """A request and its response. A provider that has it answers that request, and no other, with that response."""

    number: str = ""
    method: str = "GET"
    path: str = "/"
    query: str = ""
    status: int = 200
    request: Part = field(default_factory=Part)
    response: Part = field(default_factory=Part)

    def changed(self, row, fixtures):
        """As a row of a table has it; what the row is silent about stays."""
        other, of_request, of_response = copy.deepcopy(self), {}, {}
        for column, value in row.items():
            side, name = (of_response, column.removeprefix("response ")) if column.startswith("response ") else (of_request, column.removeprefix("request "))
            if column == "No":
                other.number = value
            elif column in ("response", "response status"):
                other.status = int(value)
            elif column in LINE:
                setattr(other, LINE[column], value)
            elif name in COLUMNS:
                side[COLUMNS[name]] = value
            else:
                raise ValueError(f"the column {column!r} is not known")
        other.request.change(of_request, fixtures)
        other.response.change(of_response, fixtures)
        return other

    def is_asked_by(self, asked):
        """Whether a provider's request is this one."""
        # What is generated for a request is not known here.
        if self.request.generators:
            return asked.method == self.method
        sent = {name.lower(): re.sub(r"\s*,\s*", ", ", value) for name, value in asked.headers.items()}
        return (asked.method == self.method and asked.path == self.path
                and sorted(asked.query) == sorted(parse_qsl(self.query, keep_blank_values=True))
                and all(sent.get(name.lower()) == value for name, value in self.request.joined_headers().items())
                and (self.request.body is None or same(self.request.body, asked.body)))

    def to_json(self, version, states, pending=False, comments=None):
        request = {"method": self.method, "path": self.path, **self.request.to_json(version)}
        if self.query:
            query = {}
            for name, value in parse_qsl(self.query, keep_blank_values=True):
                query.setdefault(name, []).append(value)
            request["query"] = query if version >= 3 else self.query
        written = {"description": f"interaction {self.number}", **states_to_json(states, version), "request": request,
                   "response": {"status": self.status, **self.response.to_json(version)}}
        return written if version < 4 else {"type": "Synchronous/HTTP", "pending": pending, **written, **({"comments": comments} if comments else {})}


@dataclass
class Message:
    description: str
    body: Body | None = None
    metadata: dict = field(default_factory=dict)
    rules: dict = field(default_factory=dict)
    generators: dict = field(default_factory=dict)

    def to_json(self, version, states, pending=False, comments=None):
        written = {"description": self.description, **states_to_json(states, version)}
        metadata = dict(self.metadata)
        if self.body is not None:
            metadata = {"contentType": self.body.content_type, **metadata}
            written["contents"] = body_to_json(self.body, version)
        written["metadata" if version >= 4 else "metaData"] = metadata
        if self.rules:
            written["matchingRules"] = by_category(self.rules)
        if self.generators:
            written["generators"] = self.generators
        return written if version < 4 else {"type": "Asynchronous/Messages", "pending": pending, **written, **({"comments": comments} if comments else {})}


def pact(consumer, provider, version, interactions, *, of_messages=False):
    """The whole file; `interactions` are as their `to_json` gives them."""
    key = "messages" if of_messages and version < 4 else "interactions"
    return {"consumer": {"name": consumer}, "provider": {"name": provider}, key: interactions,
            "metadata": {"pactSpecification": {"version": f"{version}.0" if version >= 4 else f"{version}.0.0"}}}


def states_to_json(states, version):
    """`states` are (name, parameters)."""
    if not states:
        return {}
    if version >= 3:
        return {"providerStates": [{"name": name, **({"params": params} if params else {})} for name, params in states]}
    if len(states) > 1 or states[0][1]:
        raise ValueError(f"a file of V{version} holds one state without parameters, not {states}")
    return {"providerState": states[0][0]}


def body_to_json(body, version):
    content_type = (body.content_type or "").partition(";")[0].strip().lower()
    is_json = content_type == "application/json" or content_type.endswith("+json")
    is_text = content_type.startswith("text/") or content_type.endswith(("xml", "x-www-form-urlencoded"))
    if not body.content:
        return {} if version >= 4 else ""
    if is_json and is_readable(body.content):
        content, encoded = json.loads(body.content), False
    elif is_text:
        content, encoded = body.content.decode(), False
    else:
        content, encoded = base64.b64encode(body.content).decode(), "base64"
    return {"content": content, "contentType": body.content_type, "encoded": encoded} if version >= 4 else content


def is_readable(content):
    try:
        json.loads(content)
        return True
    except ValueError:
        return False


def same(expected, actual):
    """Whether two bodies say the same: JSON may be written differently."""
    if is_readable(expected.content) and is_readable(actual):
        return json.loads(expected.content) == json.loads(actual)
    return expected.content == actual


def by_category(rules):
    """Matching rules as V3 writes them, of either notation: `{"$.body.one": {…}}` becomes `{"body": {"$.one": {"matchers": [{…}]}}}`."""
    written = {}
    for path, rule in rules.items():
        if not path.startswith("$."):
            written[path] = rule
            continue
        category, rest = re.fullmatch(r"\$\.(\w+)(.*)", path).groups()
        rule = {"combine": "AND", "matchers": [rule]}
        match category:
            case "body":
                written.setdefault("body", {})["$" + rest] = rule
            case "path" | "status" if not rest:
                written[category] = rule
            case "header" | "headers" | "query":
                written.setdefault(category.removesuffix("s"), {})[rest.removeprefix(".")] = rule
            case _:
                raise ValueError(f"the rule for {path} is not understood")
    return written


def by_path(rules):
    """Matching rules as V2 writes them, of either notation."""
    written = {}
    for category, of_it in rules.items():
        if category.startswith("$."):
            written[category] = of_it
        elif category in ("path", "status"):
            written["$." + category] = of_it["matchers"][0]
        else:
            for path, rule in of_it.items():
                written[f"$.{category}{path.removeprefix('$') if category == 'body' else '.' + path}"] = rule["matchers"][0]
    return written
