"""As much of a Pact Broker as a verifier needs: it gives out contracts and remembers what is published about them."""

import json
from urllib.parse import quote

from provider import Answer, Server, json_answer

HAL = "application/hal+json;charset=utf-8"


class MockBroker(Server):
    """`contracts` are Pact files of one provider; a context manager."""

    def __init__(self, contracts):
        super().__init__(self.answer)
        self.contracts = {contract["consumer"]["name"]: contract for contract in contracts}
        self.provider = contracts[0]["provider"]["name"]
        self.asked = []
        # (consumer, what was published about its contract)
        self.published = []

    def answer(self, asked):
        self.asked.append(f"{asked.method} {asked.path}")
        provider = f"/pacts/provider/{self.provider}"
        match asked.method, asked.path.removeprefix(provider).strip("/").split("/"):
            case "GET", [""] if asked.path == "/":
                return json_answer({"_links": self.links_of_the_index()}, content_type=HAL)
            case "GET" | "POST", ["for-verification"]:
                return json_answer(self.for_verification(), content_type=HAL)
            case "GET", ["latest"]:
                return json_answer(self.latest(), content_type=HAL)
            case "GET", ["consumer", consumer, "pact-version", "1"] if consumer in self.contracts:
                return json_answer(self.contract(consumer), content_type=HAL)
            case "POST", ["consumer", consumer, "pact-version", "1", "verification-results"] if consumer in self.contracts:
                self.published.append((consumer, json.loads(asked.body)))
                return Answer(201, [("Content-Type", HAL), ("Location", self.address(consumer) + f"/verification-results/{len(self.published)}")], asked.body)
            case "GET", ["pacticipants", name] if asked.path.startswith("/pacticipants") and name == self.provider:
                return json_answer({"name": name, "_links": {}}, content_type=HAL)
            case _:
                return json_answer({"error": f"{asked.method} {asked.path} is not known here"}, 404)

    def links_of_the_index(self):
        def link(path):
            return {"href": self.url + path, "templated": True}
        return {"self": {"href": self.url}, "pb:provider-pacts-for-verification": link("/pacts/provider/{provider}/for-verification"),
                "pb:latest-provider-pacts": link("/pacts/provider/{provider}/latest"), "pb:pacticipant": link("/pacticipants/{pacticipant}")}

    def address(self, consumer):
        return f"{self.url}/pacts/provider/{quote(self.provider)}/consumer/{quote(consumer)}/pact-version/1"

    def link_to(self, consumer):
        return {"href": self.address(consumer), "name": f"Pact between {consumer} and {self.provider}"}

    def for_verification(self):
        pacts = [{"shortDescription": "latest", "verificationProperties": {"pending": False, "notices": []}, "_links": {"self": self.link_to(consumer)}}
                 for consumer in self.contracts]
        return {"_embedded": {"pacts": pacts}, "_links": {"self": {"href": f"{self.url}/pacts/provider/{self.provider}/for-verification"}}}

    def latest(self):
        links = [self.link_to(consumer) for consumer in self.contracts]
        provider = {"href": f"{self.url}/pacticipants/{self.provider}", "name": self.provider}
        return {"_embedded": {}, "_links": {"pb:provider": provider, "pb:pacts": links, "pacts": links}}

    def contract(self, consumer):
        contract = dict(self.contracts[consumer])
        contract["_links"] = {
            "self": self.link_to(consumer),
            "pb:consumer": {"href": f"{self.url}/pacticipants/{consumer}", "name": consumer},
            "pb:provider": {"href": f"{self.url}/pacticipants/{self.provider}", "name": self.provider},
            "pb:consumer-version": {"href": f"{self.url}/pacticipants/{consumer}/versions/1", "name": "1"},
            "pb:publish-verification-results": {"href": self.address(consumer) + "/verification-results"},
        }
        return contract
