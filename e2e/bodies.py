"""The notations of the compatibility features for bodies and headers, and their fixtures."""

import json
import os
import re
import xml.etree.ElementTree
from base64 import b64decode
from dataclasses import dataclass

BY_SUFFIX = {".json": "application/json", ".xml": "application/xml", ".jpg": "image/jpeg", ".png": "image/png", ".pdf": "application/pdf",
             ".txt": "text/plain", ".csv": "text/csv", ".html": "text/html"}


@dataclass
class Body:
    """What is sent, and the content type that goes with it; None when nothing is said about it."""

    content: bytes
    content_type: str | None


def read_body(text, fixtures, content_type=None):
    """`file: name`, `JSON: …`, `XML: …`, `EMPTY`, or the body itself. `content_type` is what else is known about it."""
    notation, _, rest = text.partition(":")
    match notation:
        case "file":
            return read_file(os.path.join(fixtures, rest.strip()), content_type)
        case "JSON":
            return Body(rest.strip().encode(), content_type or "application/json")
        case "XML":
            return Body(rest.strip().encode(), content_type or "application/xml")
        case "EMPTY":
            return Body(b"", content_type)
        case _:
            return Body(text.encode(), content_type or "text/plain")


def read_file(path, content_type):
    """A file as it is, or one that is wrapped in XML, which says what it is and how it is encoded."""
    with open(path, "rb") as file:
        raw = file.read()
    suffix = os.path.splitext(path)[1]
    if suffix == ".xml":
        root = xml.etree.ElementTree.fromstring(raw)
        if root.tag == "body" and root.find("contents") is not None:
            return unwrapped(root, content_type)
    return Body(raw, content_type or BY_SUFFIX[suffix])


def unwrapped(root, content_type):
    contents = root.find("contents")
    # The line breaks around the contents are the wrapper's.
    text = (contents.text or "").strip()
    match contents.get("encoding"):
        case None:
            raw = text.encode()
        case "base64":
            raw = b64decode(text)
        case other:
            raise ValueError(f"the encoding {other!r} is not known")
    match contents.get("eol"):
        case None | "LF":
            pass
        case "CRLF":
            raw = (text.replace("\r\n", "\n") + "\n").replace("\n", "\r\n").encode()
        case other:
            raise ValueError(f"the line ending {other!r} is not known")
    return Body(raw, root.findtext("contentType", "").strip() or content_type)


def read_headers(text):
    """`'A: 1', 'B: 2'` as (name, value) in their order."""
    quoted = re.findall(r"'([^']*)'", text)
    if not quoted or re.sub(r"'[^']*'|[,\s]", "", text):
        raise ValueError(f"these are no headers: {text}")
    return [(name.strip(), value.strip()) for name, _, value in (header.partition(":") for header in quoted)]


def read_fixture(name, fixtures):
    """A JSON fixture, or the JSON itself after `JSON:`."""
    if name.startswith("JSON:"):
        return json.loads(name.removeprefix("JSON:"))
    with open(os.path.join(fixtures, name.removeprefix("file:").strip()), encoding="utf-8") as file:
        return json.load(file)


def read_value(text):
    """A value of metadata: JSON after `JSON:`, else text."""
    return json.loads(text.removeprefix("JSON:")) if text.startswith("JSON:") else text
