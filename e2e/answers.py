"""What a provider answers that keeps a contract, and answers that differ from it in one respect."""

import base64
import binascii
import copy
import gzip
import hashlib
import json
import re
from dataclasses import dataclass, replace

from provider import Answer

# A request is told apart by this header, which each is given; a message by its description.
MARK = "X-Interaction"


@dataclass(frozen=True)
class Told:
    """An answer before it is sent; `metadata` is a message's, None for HTTP."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    metadata: dict | None = None

    def document(self):
        """The body as JSON; None when it is none that has parts."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return None
        return document if isinstance(document, (dict, list)) else None

    def with_document(self, document):
        return replace(self, body=json.dumps(document).encode())

    def answer(self):
        # A line break in a header is no more than a space.
        headers = [(name, re.sub(r"\s*\n\s*", " ", value)) for name, value in self.headers]
        if self.metadata:
            headers.append(("Pact-Message-Metadata", base64.b64encode(json.dumps(self.metadata).encode()).decode()))
        return Answer(self.status, headers, self.body)


# A contract that can be told apart


def interactions_of(contract):
    return contract.get("interactions") or contract.get("messages") or []


def marked(contract, first):
    """The contract with its interactions numbered from `first`: in the description, and in a header of the request."""
    contract = copy.deepcopy(contract)
    for number, interaction in enumerate(interactions_of(contract), first):
        interaction["description"] = f"#{number} {interaction.get('description')}"
        request = interaction.get("request")
        if isinstance(request, dict) and not is_message(contract, interaction):
            request["headers"] = {**(request.get("headers") or {}), MARK: f"#{number}"}
    return contract


def number_of(marked_text):
    """The number of an interaction, from its mark or its description; None when there is none."""
    number = re.match(r"#(\d+)", marked_text)
    return int(number[1]) if number else None


def is_message(contract, interaction):
    return "messages" in contract or interaction.get("type", "").endswith("/Messages")


def is_v4(contract):
    metadata = contract.get("metadata") or {}
    told = metadata.get("pactSpecification") or metadata.get("pact-specification") or {}
    return str(told.get("version", "")).startswith("4") or any("type" in interaction for interaction in interactions_of(contract))


# What keeps it


def expected(contract, interaction):
    """The answer that an interaction describes."""
    if not is_message(contract, interaction):
        return expected_response(interaction.get("response") or {}, is_v4(contract))
    # Synchronous messages have a list of responses, of which the first is given.
    response = interaction.get("response") or interaction
    return expected_message(response[0] if isinstance(response, list) else response, is_v4(contract))


def expected_response(response, v4):
    headers = []
    for name, value in (response.get("headers") or {}).items():
        headers.append((name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    content_type = next((value for name, value in headers if name.lower() == "content-type"), None)
    body, its_type = body_of(response.get("body"), content_type, v4)
    # A V4 contract may say in the body alone what the header is.
    if its_type and content_type is None:
        headers.append(("Content-Type", its_type))
    return Told(response.get("status", 200), tuple(headers), body)


def expected_message(message, v4):
    metadata = dict(message.get("metadata") or message.get("metaData") or {})
    told = next((str(value) for key, value in metadata.items() if key.lower().replace("-", "") == "contenttype"), None)
    body, content_type = body_of(message.get("contents"), told, v4)
    content_type = content_type or (told if told else "application/json")
    return Told(200, (("Content-Type", content_type),), body, metadata)


def body_of(written, content_type, v4):
    """The bytes, and the content type that stands with them in V4."""
    if v4 and isinstance(written, dict) and "content" in written:
        content, its_type = written["content"], written.get("contentType")
        if written.get("encoded") in (True, "base64", "BASE64") and isinstance(content, str):
            return base64.b64decode(content), its_type
        return body_of(content, its_type or content_type, False)[0], its_type
    if written is None or v4 and written == {}:
        return b"", None
    if not isinstance(written, str):
        return json.dumps(written).encode(), None
    bare = (content_type or "").partition(";")[0].strip().lower()
    if bare.endswith("json"):
        return json.dumps(written).encode(), None
    if bare and not bare.startswith("text/") and not bare.endswith(("xml", "x-www-form-urlencoded")):
        try:
            return base64.b64decode(written, validate=True), None
        except binascii.Error:
            pass
    return written.encode(), None


# What differs from it. Each gives None for an answer that cannot differ so; `pick` chooses one of several places.


def another_status(told, _pick):
    # A message has no status.
    return replace(told, status=told.status + 1) if told.metadata is None else None


def without_a_header(told, pick):
    if told.metadata is not None:
        gone = pick(sorted(told.metadata))
        return replace(told, metadata={key: value for key, value in told.metadata.items() if key != gone}) if gone else None
    gone = pick(told.headers)
    return replace(told, headers=tuple(header for header in told.headers if header != gone)) if gone else None


def another_header(told, pick):
    if told.metadata is not None:
        key = pick(sorted(told.metadata))
        return replace(told, metadata={**told.metadata, key: f"{told.metadata[key]}x"}) if key else None
    changed = pick(told.headers)
    return replace(told, headers=tuple((name, value + "x" if (name, value) == changed else value) for name, value in told.headers)) if changed else None


def another_type(told, pick):
    other = {str: lambda value: len(value), int: str, float: str, bool: lambda value: str(value).lower(), type(None): lambda _: 1}
    return change_one(told, pick, lambda value: type(value) in other, lambda value: other[type(value)](value))


def another_value(told, pick):
    other = {str: lambda value: value + "x", int: lambda value: value + 1, float: lambda value: value + 1, bool: lambda value: not value}
    return change_one(told, pick, lambda value: type(value) in other, lambda value: other[type(value)](value))


def a_null(told, pick):
    return change_one(told, pick, lambda value: value is not None, lambda _: None)


def without_a_key(told, pick):
    def shorter(value):
        gone = pick(sorted(value))
        return {key: inner for key, inner in value.items() if key != gone}
    return change_one(told, pick, lambda value: isinstance(value, dict) and value, shorter)


def a_further_key(told, pick):
    return change_one(told, pick, lambda value: isinstance(value, dict), lambda value: {**value, "further": "key"})


def an_empty_array(told, pick):
    return change_one(told, pick, lambda value: isinstance(value, list) and value, lambda _: [])


def a_longer_array(told, pick):
    return change_one(told, pick, lambda value: isinstance(value, list) and value, lambda value: [*value, value[-1]])


def an_empty_body(told, _pick):
    return replace(told, body=b"") if told.body else None


def another_content_type(told, _pick):
    if not told.body:
        return None
    others = tuple((name, value) for name, value in told.headers if name.lower() != "content-type")
    return replace(told, headers=(*others, ("Content-Type", "text/plain")))


def a_compressed_body(told, _pick):
    if not told.body or told.metadata is not None:
        return None
    return replace(told, headers=(*told.headers, ("Content-Encoding", "gzip")), body=gzip.compress(told.body, mtime=0))


MUTATIONS = (another_status, without_a_header, another_header, another_type, another_value, a_null, without_a_key, a_further_key, an_empty_array,
             a_longer_array, an_empty_body, another_content_type, a_compressed_body)


def change_one(told, pick, fits, change):
    """The answer with one value of its JSON body changed, of those that fit."""
    document = told.document()
    if document is None:
        return None
    root = [copy.deepcopy(document)]
    place = pick([(container, key) for container, key in places(root) if fits(container[key])])
    if place is None:
        return None
    container, key = place
    container[key] = change(container[key])
    return told.with_document(root[0])


def places(container):
    """Every value below, as the container and the key under which it stands there."""
    keys = range(len(container)) if isinstance(container, list) else sorted(container)
    for key in keys:
        yield container, key
        if isinstance(container[key], (dict, list)):
            yield from places(container[key])


def picker(*seed):
    """Chooses from a list, always the same for the same seed; None from an empty one."""
    number = int.from_bytes(hashlib.sha256("/".join(map(str, seed)).encode()).digest()[:8], "big")
    return lambda choices: choices[number % len(choices)] if choices else None
