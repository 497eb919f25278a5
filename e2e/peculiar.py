"""Contracts of our own: requests that are hard to send, values from provider states, and answers that are hard to read."""

import base64

from answers import Told

# What the state callback gives for each state.
STATE_VALUES = {"id": 42, "name": "Ann B"}

JSON = (("Content-Type", "application/json"),)
BINARY = base64.b64encode(b"\x00\x01\xff").decode()
OK = Told(200, JSON, b'{"a":1}')


def contracts():
    """(name, contract, what is answered to each interaction)."""
    for name, version, cases in (("requests", "3.0.0", requests()), ("answers", "3.0.0", hard_answers()), ("V4", "4.0", (*messages(), *v4_requests()))):
        cases = list(cases)
        interactions = [{"description": description, **interaction} for description, interaction, _ in cases]
        contract = {"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": interactions, "metadata": {"pactSpecification": {"version": version}}}
        yield f"peculiar/{name}", contract, {number: told for number, (*_, told) in enumerate(cases, 1)}


def asks(description, **request):
    return description, {"request": {"method": "GET", "path": "/a", **request}, "response": {"status": 200}}, OK


def requests():
    yield asks("several values", query={"a": ["1", "2"], "b": ["x y", "ü", "a+b", "a&b=c", "%41"]})
    yield asks("empty and nested", query={"a": [""], "b[]": ["1", "2"], "c.d": ["é"]})
    for path in ("/a b/ü/c%2Fd/e+f;g=1,2:3@4", "/a?b=1", "/a#b", "/a/../b/./c", "//a//b/", "a/b", "", "/a%zz/{id}/[x]|\\^`\"<>"):
        yield asks(f"path {path}", path=path)
    for method in ("DELETE", "PUT", "OPTIONS", "patch", "TRACE", "REPORT"):
        yield asks(f"method {method}", method=method)
    for content_type, body in (("application/json", {"b": 1.0, "a": [1e3, 10**22, "ü"], "z": None}), ("application/json", "text"), ("application/json", None),
                               ("application/json", ""), ("application/json", 5), ("application/vnd.a+json", [1]), ("text/plain", "text ü"),
                               ("application/x-www-form-urlencoded", "a=1&b=x%20y"), ("application/xml", "<a>ü</a>"), ("application/octet-stream", BINARY)):
        yield asks(f"{content_type} {body}", method="POST", headers={"Content-Type": content_type}, body=body)
    yield asks("JSON without a type", method="POST", body={"b": 1})
    yield asks("text without a type", method="POST", body="hello")
    yield asks("a body in a GET", headers={"Content-Type": "application/json"}, body={"q": 1})
    yield asks("headers", headers={"X-List": "a, b", "Accept": "application/json, text/plain", "X-Empty": "", "X-U": "café", "x-lower": "1", "Cookie": "a=1; b=2",
                                   "If-Modified-Since": "Wed, 21 Oct 2015 07:28:00 GMT"})
    yield from requests_with_states()


def requests_with_states():
    def state(expression):
        return {"type": "ProviderState", "expression": expression}
    description, interaction, told = asks(
        "values of a state", method="POST", path="/u/1", query={"q": ["1"]}, headers={"X-Id": "1", "Content-Type": "application/json"}, body={"id": 1, "t": "x"},
        generators={"path": state("/u/${id}/${name}"), "query": {"q": state("${name}")}, "header": {"X-Id": state("${id}")},
                    "body": {"$.id": state("${id}"), "$.t": state("n ${name}")}})
    yield description, {**interaction, "providerStates": [{"name": "some state", "params": {"id": 7}}]}, told
    for name, expression in (("no such value", "/u/${nothing}"), ("a value of a parameter", "/u/${of_a_parameter}")):
        description, interaction, told = asks(name, path="/u/1", generators={"path": state(expression)})
        yield description, {**interaction, "providerStates": [{"name": "some state", "params": {"of_a_parameter": 7}}]}, told
    yield asks("an address of the mock server", method="POST", body={"u": "http://localhost:1/a"},
               generators={"body": {"$.u": {"type": "MockServerURL", "example": "http://localhost:1/a", "regex": ".*(/a)$"}}})


def hard_answers():
    def answers(description, expected, told, **request):
        return description, {"request": {"method": "GET", "path": "/a", **request}, "response": {"status": 200, **expected}}, told
    cookies = (("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/"))
    yield answers("two cookies, one expected", {"headers": {"Set-Cookie": "a=1; Path=/"}}, Told(200, cookies, b""))
    for vary in ("Accept, Origin", "Origin, Accept", "accept,origin"):
        yield answers(f"order of {vary}", {"headers": {"Vary": vary}}, Told(200, (("Vary", "Accept,  Origin"),), b""))
    yield answers("a date", {"headers": {"Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}}, Told(200, (("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT"),), b""))
    latin = "text/plain; charset=iso-8859-1"
    yield answers("Latin letters", {"headers": {"Content-Type": latin}, "body": "é"}, Told(200, (("Content-Type", latin),), b"\xe9"))
    yield answers("broken JSON", {"body": {"a": 1}}, Told(200, JSON, b"{"))
    yield answers("a body without a type", {"body": {"a": 1}}, Told(200, (), b'{"a":1}'))
    yield answers("no body is expected", {}, OK)
    yield answers("a redirection", {}, Told(302, (("Location", "/b"),), b""))
    yield answers("a redirected POST", {}, Told(307, (("Location", "/b"),), b""), method="POST", headers={"Content-Type": "application/json"}, body={"x": 1})
    yield answers("a HEAD", {"headers": {"Content-Type": "application/json"}}, Told(200, JSON, b""), method="HEAD")


def of(content, content_type="application/json", encoded=False):
    return {"content": content, "contentType": content_type, "encoded": encoded}


def messages():
    def message(description, contents, told, metadata=(), **more):
        return description, {"type": "Asynchronous/Messages", "contents": contents, "metadata": dict(metadata), **more}, told

    def told(body=b'{"x":1}', content_type="application/json", metadata=(), status=200):
        return Told(status, (("Content-Type", content_type),) if content_type else (), body, dict(metadata))
    x, integer = of({"x": 1}), {"combine": "AND", "matchers": [{"match": "integer"}]}
    digits = {"combine": "AND", "matchers": [{"match": "regex", "regex": "\\d+"}]}
    yield message("metadata", x, told(metadata={"n": 5, "o": {"p": 1}}), {"n": 5, "o": {"p": 1}})
    yield message("a number in metadata for a text", x, told(metadata={"n": 5}), {"n": "5"})
    yield message("no metadata", x, told(), {"a": "1"})
    yield message("rules", x, told(b'{"x":9}', metadata={"a": "77"}), {"a": "1"}, matchingRules={"body": {"$.x": integer}, "metadata": {"a": digits}})
    yield message("an error", x, told(status=404))
    yield message("nothing for nothing", {}, told(b""))
    yield message("nothing for something", x, told(b""))
    yield message("something for nothing", {}, told())
    yield message("no type", x, told(content_type=None))
    yield message("a type with a charset", x, told(content_type="application/json; charset=utf-8"), {"contentType": "application/json"})
    yield message("text", of("hello", "text/plain"), told(b"hello", "text/plain"))
    yield message("bytes", of(BINARY, "application/octet-stream", "base64"), told(b"\x00\x01\xff", "application/octet-stream"))
    yield message("the type in metadata", x, told(content_type="text/plain", metadata={"contentType": "application/json"}))
    for description, expected, body in (("an answer", [1], b'{"y":1}'), ("another answer", [1], b'{"y":"1"}'), ("the second of two", [2, 1], b'{"y":1}')):
        responses = [{"contents": of({"y": y}), "metadata": {}} for y in expected]
        yield description, {"type": "Synchronous/Messages", "request": {"contents": of({"q": 1}), "metadata": {"k": "v"}}, "response": responses}, told(body)


def v4_requests():
    def request(description, **request):
        description, interaction, told = asks(description, **request)
        return description, {"type": "Synchronous/HTTP", **interaction}, told
    yield request("V4 query", query={"a": ["1", "2 3"], "b": "x"})
    yield request("V4 headers", headers={"X-A": ["1", "2"], "Accept": "a/b, c/d"})
    for body in (of({"b": 1, "a": [1]}), of('{"a": 1}', "application/json", "JSON"), of("text"), of("a ü", "text/plain;charset=utf-8"),
                 of(BINARY, "application/octet-stream", "base64"), of(BINARY, "application/octet-stream", True), {"a": 1}, {}):
        yield request(f"V4 body {body}", method="POST", body=body)
    success = {"status": {"combine": "AND", "matchers": [{"match": "statusCode", "status": "success"}]}}
    yield "any success", {"type": "Synchronous/HTTP", "request": {"method": "GET", "path": "/a"}, "response": {"status": 201, "matchingRules": success}}, OK
    yield "pending", {"type": "Synchronous/HTTP", "pending": True, "request": {"method": "GET", "path": "/a"}, "response": {"status": 201}}, OK
