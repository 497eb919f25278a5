"""What the pages are shown with: nothing, a company, names as long as they may reasonably be, and very much of everything.

Each world says where its server is, what its pages are about, and what is looked at beside what is looked at everywhere:
pictures in the dark too, the keyboard, axe in the dark, reading without scripts, and pages that are the same everywhere."""

import concurrent.futures
import json
import os
import shutil
import urllib.parse
import urllib.request

import clients
import server

ALL_CHECKS = ["pictures", "keyboard", "dark", "scriptless"]

MANY_INTERACTIONS = 300
MANY_VERSIONS = 60
MANY_CONSUMERS = 150
MANY_ENVIRONMENTS = 40


SCRIPTS = os.path.dirname(os.path.abspath(__file__)) + "/browser/"


def browser_environment(folder, **settings):
    """What scripts need that drive a browser; ends the run where something is missing."""
    browser = os.environ.get("PACTOLUS_BROWSER") or next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    if not browser:
        raise SystemExit("there is no browser: install chromium, or name one in PACTOLUS_BROWSER")
    modules = clients.CLIENTS + "/npm/node_modules/"
    for needed, remedy in ((server.BINARY, "cargo build --release"), *((modules + name, f"e2e/install {clients.CLIENTS}") for name in ("playwright-core", "axe-core"))):
        if not os.path.exists(needed):
            raise SystemExit(f"{needed} is missing: {remedy}")
    return server.clean_environment(HOME=folder, BROWSER=browser, MODULES=clients.CLIENTS + "/npm/", **settings)


def company(folder):
    """A server for the demo. Its webhooks lead to hosts that no server may call that is limited to this machine; it keeps answers, so
    that the timeline can tell them."""
    return server.OneServer(folder, PACTOLUS_WEBHOOK_HOST_WHITELIST="", PACTOLUS_RECORD_VERDICTS="true")


def empty(url):
    return {"name": "empty", "url": url, "checks": ["dark", "scriptless", "keyboard", "same"], "values": {"word": "nothing"}}


def demo(url, folder):
    clients.run([server.BINARY, "demo"], cwd=folder, PACT_BROKER_BASE_URL=url)
    return {"name": "demo", "url": url, "checks": ALL_CHECKS, "values": {
        "pacticipant": "payments", "consumer": "checkout", "provider": "payments", "version": "a41c7e0",
        "environment": "production", "documented": "payments", "word": "pay", **requested(url),
    }}


def long(url):
    """Names of 200 characters: one that can be broken nowhere, one of many words, one that is hostile."""
    unbroken, wordy = "n" * 200, ("a service with a name that goes on " * 6)[:200].strip()
    hostile = ("</pre><script>alert(1)</script>" * 7)[:200]
    version, branch, environment = "v" * 200, "feat/" + "b" * 195, "e" * 200
    here = Api(url)
    here.post("/environments", {"name": environment, "displayName": "E" * 200, "production": True,
                                "contacts": [{"name": wordy, "details": {"emailAddress": "m" * 190 + "@example.org"}}]})
    interaction = {"description": "d" * 200, "providerStates": [{"name": wordy}],
                   "request": {"method": "GET", "path": "/" + "p" * 200, "query": {"q" * 100: ["w" * 100]}, "headers": {"X-" + "h" * 198: "x" * 200}},
                   "response": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": {"k" * 200: "t" * 400, hostile: {"_links": {}}}}}
    for consumer in (unbroken, hostile):
        contract = {"consumer": {"name": consumer}, "provider": {"name": wordy}, "interactions": [interaction],
                    "metadata": {"pactSpecification": {"version": "3.0.0"}}}
        here.put(f"/pacticipants/{quote(consumer)}/branches/{quote(branch)}/versions/{version}", {})
        here.put(f"/pacts/provider/{quote(wordy)}/consumer/{quote(consumer)}/version/{version}", contract)
    here.put(f"/pacticipants/{quote(unbroken)}/labels/{'l' * 200}", {})
    here.patch(f"/pacticipants/{quote(unbroken)}", {"displayName": "D" * 200, "repositoryUrl": "https://git.example.org/" + "r" * 180})
    here.verify(wordy, unbroken, version, version, mismatch={"attribute": "body", "identifier": "$." + "k" * 200, "description": "s" * 300})
    here.deploy(unbroken, version, environment)
    here.deploy(wordy, version, environment)
    here.put("/webhooks/" + "long-description", {"description": wordy, "enabled": False, "events": [{"name": "contract_published"}],
                                                 "request": {"method": "POST", "url": "https://127.0.0.1/" + "u" * 200}})
    return {"name": "long", "url": url, "checks": [], "values": {
        "pacticipant": unbroken, "consumer": unbroken, "provider": wordy, "version": version,
        "environment": environment, "word": "n" * 200,
    }}


def much(url):
    """A popular provider with a large contract, a long history, many consumers and environments."""
    here = Api(url)
    interactions = [{"description": f"a request for thing {number}", "request": {"method": "GET", "path": f"/things/{number}"},
                     "response": {"status": 200, "body": {"id": number, "parts": list(range(40))}}} for number in range(MANY_INTERACTIONS)]

    def contract(consumer, some):
        return {"consumer": {"name": consumer}, "provider": {"name": "giant"}, "interactions": some}

    names = [f"consumer {number} of giant" for number in range(MANY_CONSUMERS)]
    here.put(f"/pacts/provider/giant/consumer/{quote(names[0])}/version/0", contract(names[0], interactions[:1]))
    here.all(lambda name: here.put(f"/pacts/provider/giant/consumer/{quote(name)}/version/1", contract(name, interactions[:2])), names)
    for number in range(MANY_VERSIONS):
        here.put(f"/pacticipants/dwarf/branches/main/versions/{number}", {})
        here.put(f"/pacts/provider/giant/consumer/dwarf/version/{number}", contract("dwarf", interactions[:MANY_INTERACTIONS - MANY_VERSIONS // 4 + number // 4]))
        here.put(f"/pacticipants/giant/branches/main/versions/{number}", {})
    here.all(lambda number: here.verify("giant", "dwarf", str(number), str(number)), range(0, MANY_VERSIONS, 2))
    environments = [f"region-{number}" for number in range(MANY_ENVIRONMENTS)]
    here.all(lambda name: here.post("/environments", {"name": name, "production": False}), environments)
    here.all(lambda name: (here.deploy("giant", "58", name), here.deploy("dwarf", "58", name)), environments)
    for name in names[:40]:
        here.deploy(name, "1", "region-1")
    return {"name": "much", "url": url, "checks": [], "values": {
        "pacticipant": "giant", "consumer": "dwarf", "provider": "giant", "version": "58",
        "environment": "region-1", "word": "giant", **requested(url),
    }}


def requested(url):
    """A requested verification, if there is one."""
    found = Api(url).send("GET", "/verification-requests?size=1")["_embedded"]["verificationRequests"]
    return {"request": one["uuid"] for one in found}


def quote(name):
    return urllib.parse.quote(name, safe="")


class Api:
    """What builds send."""

    def __init__(self, url):
        self.url = url
        self.environments = {}

    def send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/hal+json, application/json"}
        request = urllib.request.Request(path if path.startswith("http") else self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path[:200]}: {error.code} {error.read()[:500]}") from None

    def put(self, path, body):
        return self.send("PUT", path, body)

    def post(self, path, body):
        return self.send("POST", path, body)

    def patch(self, path, body):
        return self.send("PATCH", path, body)

    def all(self, do, what):
        """Does it for each, several at a time."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(do, what))

    def verify(self, provider, consumer, consumer_version, provider_version, mismatch=None):
        pact = self.send("GET", f"/pacts/provider/{quote(provider)}/consumer/{quote(consumer)}/version/{quote(consumer_version)}")
        one = pact["interactions"][0]
        result = {"interactionId": one.get("_id", ""), "interactionDescription": one["description"], "success": not mismatch}
        if mismatch:
            result["mismatches"] = [mismatch]
        self.post(pact["_links"]["pb:publish-verification-results"]["href"],
                  {"success": not mismatch, "providerApplicationVersion": provider_version, "testResults": [result]})

    def deploy(self, pacticipant, version, environment):
        if environment not in self.environments:
            found = self.send("GET", "/environments")["_embedded"]["environments"]
            self.environments = {one["name"]: one["uuid"] for one in found}
        self.post(f"/pacticipants/{quote(pacticipant)}/versions/{quote(version)}/deployed-versions/environment/{self.environments[environment]}", {})
