"""Holds the built server against what the official command line client expects of the Pact Broker: its own contracts, with the official
verifier. The provider states are set up over the public API."""

import collections
import json
import re
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote

import clients
from recordings import Exchange
from server import ROOT, clean_environment

# The address that the contracts expect in links.
OWN_HOST = "example.org"
SHA = "5556b8149bf8bac76bc30f50a8a2dd4c22c85f30"
TEST_FOR_RECORDING, TEST = "cb632df3-0a0d-4227-aac3-60114dd36479", "16926ef3-590f-4e3f-838e-719717aa88c9"
DEPLOYMENT, WEBHOOK = "ff3adecf-cfc5-4653-a4e3-f1861092f8e0", "696c5f93-1b7f-44bc-8d03-59440fcaa9a0"

OF_THE_CONNECTION = ("connection", "content-length", "date", "server", "transfer-encoding")

# The older contract has names in place of the addresses that a client is told.
PLACEHOLDERS = {
    "INDEX-PB-LATEST-TAGGED-VERSION-Condor-production": "/pacticipants/Condor/latest-version/production",
    "INDEX-PB-LATEST-VERSION-Condor": "/pacticipants/Condor/latest-version",
    "PB-WEBHOOKS": "/webhooks",
    "PB-ENVIRONMENTS": "/environments",
    "PB-PUBLISH-CONTRACTS": "/contracts/publish",
    f"PB-PACTICIPANT-VERSION-Foo-{SHA}": f"/pacticipants/Foo/versions/{SHA}",
    f"PB-RECORD-DEPLOYMENT-FOO-{SHA.upper()}-TEST": f"/pacticipants/Foo/versions/{SHA}/deployed-versions/environment/{TEST_FOR_RECORDING}",
    f"PB-RECORD-RELEASE-FOO-{SHA.upper()}-TEST": f"/pacticipants/Foo/versions/{SHA}/released-versions/environment/{TEST_FOR_RECORDING}",
    f"PLACEHOLDER-DEPLOYED-VERSION-{DEPLOYMENT}": f"/deployed-versions/{DEPLOYMENT}",
    f"PLACEHOLDER-ENVIRONMENT-CURRENTLY-DEPLOYED-{TEST}": f"/environments/{TEST}/deployed-versions/currently-deployed",
    f"PB-ENVIRONMENT-{TEST}": f"/environments/{TEST}",
    "PF-PUBLISH-PROVIDER-CONTRACT-Bar": "/provider-contracts/provider/Bar/publish",
    "PB-PACTICIPANT-BRANCH-Foo-main": "/pacticipants/Foo/branches/main",
}


def verify(name, contract, url, work):
    """How many interactions are kept, and the others as exchanges that differ in `failed`."""
    with open(contract, encoding="utf-8") as file:
        document = json.load(file)
    # Descriptions repeat: with its number each interaction is told apart in the results.
    for number, interaction in enumerate(document["interactions"], 1):
        interaction["description"] = f"#{number} {interaction['description']}"
        interaction["request"]["method"] = interaction["request"]["method"].upper()
    own = f"{work}/{name}.json"
    with open(own, "w", encoding="utf-8") as file:
        json.dump(document, file)

    with Provider(url, document["interactions"]) as provider:
        options = {"provider": document["provider"]["name"], "providerUrl": provider.url, "file": own}
        command = [clients.PYTHON, ROOT + "/e2e/verifiers/verify_file.py", json.dumps(options)]
        code, output, remarks = clients.finish(command, work, clean_environment(PACT_DO_NOT_TRACK="true"), 120, stderr=-1)
    if code != 0:
        raise AssertionError(f"{name}: the verifier ended with {code}:\n{output}{remarks}")
    errors = collections.defaultdict(list)
    for error in json.loads(output.splitlines()[-1])["errors"]:
        number = int(re.search(r"#(\d+) ", error["interaction"])[1])
        errors[number].append(("failed", json.dumps(error["mismatch"])))
    if provider.failures:
        raise AssertionError(f"{name}: states were not set up: {provider.failures}")
    if provider.asked != len(document["interactions"]):
        raise AssertionError(f"{name}: {provider.asked} requests were made for {len(document['interactions'])} interactions")

    differing = []
    for number, interaction in enumerate(document["interactions"], 1):
        if number in errors:
            request = f"{interaction['request']['method']} {interaction['request']['path']}"
            body = json.dumps(interaction["request"].get("body"))
            differing.append(Exchange(name, number, interaction["description"].partition(" ")[2], request, body, errors[number]))
    return len(document["interactions"]) - len(differing), differing


def in_any_order(query):
    return tuple(sorted(parse_qsl(query, keep_blank_values=True)))


class Provider:
    """Stands before the server: sets up provider states, and translates addresses and ids that the contracts name. A context manager."""

    def __init__(self, server_url, interactions):
        self.server_url = server_url
        asked = [one["request"] for one in interactions]
        self.queries = {(one["path"], in_any_order(one["query"])): one["query"] for one in asked if isinstance(one.get("query"), str)}
        self.ids = {}
        self.failures = []
        self.asked = 0

    def __enter__(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path.startswith("/_pact/state"):
                    status, headers, body = provider.set_up(json.loads(body))
                else:
                    status, headers, body = provider.forward(self.command, self.path, self.headers, body)
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def set_up(self, change):
        state = change.get("state") or ""
        try:
            if change.get("action", "setup") == "setup":
                self.wipe()
                if not NOTHING_TO_SET_UP.search(state):
                    STATES[state](self)
        except (urllib.error.HTTPError, KeyError) as error:
            self.failures.append(f"{state}: {error!r}")
            return 500, {}, b"{}"
        return 200, {}, b"{}"

    def forward(self, method, path, headers, body):
        """The server's answer, with the ids and the address that the contract has."""
        self.asked += 1
        path, _, query = path.partition("?")
        # The verifier brings the parts of a query into another order, which tells something else in `q[]`.
        query = self.queries.get((path, in_any_order(query)), query)
        for placeholder, address in PLACEHOLDERS.items():
            if path.removeprefix("/HAL-REL-") == "PLACEHOLDER-" + placeholder or path == "/" + placeholder:
                path = address
        path += f"?{query}" if query else ""
        text = body.decode()
        for theirs, ours in self.ids.items():
            path, text = path.replace(theirs, ours), text.replace(theirs, ours)
        kept = {key: ", ".join(headers.get_all(key)) for key in ("Accept", "Content-Type") if key in headers}
        request = urllib.request.Request(self.server_url + path, text.encode() or None, {**kept, "X-Forwarded-Host": OWN_HOST}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, headers, text = answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, headers, text = error.code, error.headers, error.read().decode()
        for theirs, ours in self.ids.items():
            text = text.replace(ours, theirs)
        return status, {key: value for key, value in headers.items() if key.lower() not in OF_THE_CONNECTION}, text.encode()

    def ask(self, method, *path, body=None):
        address = path[0] if path[0].startswith("/") else "/" + "/".join(quote(part, safe="") for part in path)
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/hal+json", "Content-Type": "application/json"}
        request = urllib.request.Request(self.server_url + address, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def wipe(self):
        self.ids.clear()
        for webhook in self.ask("GET", "/webhooks")["_links"]["pb:webhooks"]:
            self.ask("DELETE", "webhooks", webhook["href"].rpartition("/")[2])
        for environment in self.ask("GET", "/environments")["_embedded"]["environments"]:
            self.ask("DELETE", "environments", environment["uuid"])
        for pacticipant in self.ask("GET", "/pacticipants")["_embedded"]["pacticipants"]:
            self.ask("DELETE", "pacticipants", pacticipant["name"])

    def pacticipants(self, *names):
        for name in names:
            self.ask("POST", "/pacticipants", body={"name": name})

    def version(self, pacticipant, number, tag=None):
        self.ask("PUT", "pacticipants", pacticipant, "versions", number, body={})
        if tag:
            self.ask("PUT", "pacticipants", pacticipant, "versions", number, "tags", tag, body={})

    def contract(self, consumer, provider, number, path=None):
        """Without a path it has no interaction."""
        interaction = {"description": "it", "request": {"method": "GET", "path": path}, "response": {"status": 200}}
        document = {"consumer": {"name": consumer}, "provider": {"name": provider}, "interactions": [interaction] if path else []}
        return self.ask("PUT", "pacts", "provider", provider, "consumer", consumer, "version", number, body=document)

    def verified(self, consumer, results, tag=None):
        """Contracts of `consumer` with Bar, by version, and the results of Bar's versions for each."""
        for number, of_it in results.items():
            publish_to = self.contract(consumer, "Bar", number, "/" + number)["_links"]["pb:publish-verification-results"]["href"]
            for provider_version, success in of_it.items():
                result = {"success": success, "providerApplicationVersion": provider_version}
                self.ask("POST", publish_to.removeprefix(self.server_url), body=result)
        if tag:
            self.ask("PUT", "pacticipants", "Bar", "versions", tag, "tags", "prod", body={})

    def pricing_service(self, tag=None):
        self.contract("Condor", "Pricing Service", "1.3.0")
        self.repository()
        if tag:
            self.version("Condor", "1.3.0", tag)

    def repository(self):
        self.version("Pricing Service", "1.3.0")
        repository = {"repositoryUrl": "git@git.realestate.com.au:business-systems/pricing-service"}
        self.ask("PATCH", "pacticipants", "Pricing Service", body=repository)

    def environment(self, name, known_as=None, **more):
        body = {"name": name, "displayName": name.title(), "production": False, **more}
        own = self.ask("POST", "/environments", body=body)["uuid"]
        if known_as:
            self.ids[known_as] = own
        return own

    def deployed(self, known_as, **where):
        environment = self.environment("test", known_as)
        self.version("Foo", SHA)
        deployment = self.ask("POST", "pacticipants", "Foo", "versions", SHA, "deployed-versions", "environment", environment, body=where)
        self.ids[DEPLOYMENT] = deployment["uuid"]

    def webhook(self):
        self.pacticipants("Condor", "Pricing Service")
        request = {"method": "POST", "url": "https://webhook"}
        body = {"consumer": {"name": "Condor"}, "provider": {"name": "Pricing Service"}, "events": [{"name": "contract_content_changed"}], "request": request}
        self.ask("PUT", "webhooks", WEBHOOK, body=body)

    def environments_beside_test(self):
        self.version("Foo", SHA)
        self.environment("prod")
        self.environment("dev")

    def tagged_contracts(self):
        self.verified("Foo", {"1.2.3": {"4.5.6": True}, "3.4.5": {"4.5.6": False}})
        self.version("Foo", "1.2.3", "prod")
        self.version("Foo", "3.4.5", "prod")

    def ready_to_record(self):
        self.environment("test", TEST_FOR_RECORDING)
        self.version("Foo", SHA)

    def condor(self, *versions, tagged=None):
        for number in versions:
            self.version("Condor", number, tagged if number == "1.2.3" else None)


ONE_VERIFIED = {"1.2.3": {"4.5.6": True, "7.8.9": True}, "2.0.0": {"4.5.6": True}}
ONE_FAILED = {"1.2.3": {"4.5.6": True}, "1.2.4": {"9.9.9": False}}
CONTACTS = [{"name": "foo", "details": {"emailAddress": "foo@bar.com"}}]

NOTHING_TO_SET_UP = re.compile("^$|relation|does not exist|^no pact|^there is a pf:ui|^a team")

STATES = {
    "'Condor' exists in the pact-broker": lambda at: at.version("Condor", "1.3.0"),
    "'Condor' exists in the pact-broker with version 1.3.0, tagged with 'prod'": lambda at: at.version("Condor", "1.3.0", "prod"),
    "'Condor' exists in the pact-broker with the latest version 1.2.3": lambda at: at.condor("1.0.0", "1.2.3"),
    "'Condor' exists in the pact-broker with the latest tagged 'production' version 1.2.3": lambda at: at.condor("1.2.3", "2.0.0", tagged="production"),
    "the 'Pricing Service' already exists in the pact-broker": lambda at: at.repository(),
    "the 'Pricing Service' and 'Condor' already exist in the pact-broker": lambda at: at.pacticipants("Condor", "Pricing Service"),
    "the 'Pricing Service' and 'Condor' already exist in the pact-broker, and Condor already has a pact published for version 1.3.0": lambda at: at.pricing_service(),
    "a pact between Condor and the Pricing Service exists": lambda at: at.pricing_service(),
    "a latest pact between Condor and the Pricing Service exists": lambda at: at.pricing_service(),
    "a pact between Condor and the Pricing Service exists for the production version of Condor": lambda at: at.pricing_service("prod"),
    "tagged as prod pact between Condor and the Pricing Service exists": lambda at: at.pricing_service("prod"),
    "the pact for Foo version 1.2.3 has been verified by Bar version 4.5.6": lambda at: at.verified("Foo", ONE_VERIFIED),
    "the pact for Foo Thing version 1.2.3 has been verified by Bar version 4.5.6": lambda at: at.verified("Foo Thing", ONE_VERIFIED),
    "the pact for Foo version 1.2.3 has been verified by Bar version 4.5.6 and version 5.6.7": lambda at: at.verified("Foo", {"1.2.3": {"4.5.6": True, "5.6.7": True}}),
    "the pact for Foo version 1.2.3 and 1.2.4 has been verified by Bar version 4.5.6": lambda at: at.verified("Foo", {"1.2.3": {"4.5.6": True}, "1.2.4": {"4.5.6": True}}),
    "the pact for Foo version 1.2.3 has been successfully verified by Bar version 4.5.6, and 1.2.4 unsuccessfully by 9.9.9": lambda at: at.verified("Foo", ONE_FAILED),
    "the pact for Foo version 1.2.3 has been successfully verified by Bar version 4.5.6 with tag prod, and 1.2.4 unsuccessfully by 9.9.9": lambda at: at.verified("Foo", ONE_FAILED, tag="4.5.6"),
    "the pact for Foo version 1.2.3 has been successfully verified by Bar version 4.5.6 (tagged prod) and version 5.6.7": lambda at: at.verified("Foo", {"1.2.3": {"4.5.6": True, "5.6.7": True}}, tag="4.5.6"),
    "provider Bar version 4.5.6 has a successful verification for Foo version 1.2.3 tagged prod and a failed verification for version 3.4.5 tagged prod": lambda at: at.tagged_contracts(),
    "a pacticipant with name Foo exists": lambda at: at.pacticipants("Foo"),
    "a branch named main exists for pacticipant Foo": lambda at: at.ask("PUT", "pacticipants", "Foo", "branches", "main", "versions", "1", body={}),
    f"a webhook with the uuid {WEBHOOK} exists": lambda at: at.webhook(),
    "an environment exists": lambda at: at.environment("test", contacts=CONTACTS),
    "an environment with name test exists": lambda at: at.environment("test"),
    f"an environment with name test and UUID {TEST} exists": lambda at: at.environment("test", TEST),
    f"version {SHA} of pacticipant Foo exists with a test environment available for deployment": lambda at: at.ready_to_record(),
    f"version {SHA} of pacticipant Foo exists with a test environment available for release": lambda at: at.ready_to_record(),
    f"version {SHA} of pacticipant Foo exists with 2 environments that aren't test available for deployment": lambda at: at.environments_beside_test(),
    f"an version is deployed to environment with UUID {TEST} with target customer-1": lambda at: at.deployed(TEST, applicationInstance="customer-1", target="customer-1"),
    "a currently deployed version exists": lambda at: at.deployed(TEST_FOR_RECORDING),
}
