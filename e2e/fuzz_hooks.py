"""What `e2e/fuzz` adds to schemathesis: lines of JSON, which the API document describes as a list."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    listed = value if isinstance(value, list) else [value]
    return {"data": "\n".join(json.dumps(line) for line in listed).encode()}
