"""The main job, told step by step: publish, verify, ask, deploy, be told. Who acts, and what happens to the server, is given."""

import base64
import glob
import json
import os
import urllib.parse
import urllib.request

from listener import Listener
from stock import StockKeeper

# With a space, which has to be encoded in every address.
CONSUMER = "Shop Front"
PROVIDER = "Stock Keeper"
SHOP = "1.4.0+6f2c1d0"
FAULTY_STOCK = "2.0.0+9ab3e51"
STOCK = "2.0.1+c07d2aa"
SHOP_BUILD = "https://ci.example.com/shop/14"
STOCK_BUILD = "https://ci.example.com/stock/20"

WEBHOOK_USER = "shop:pass:wörd"
WEBHOOK_BODY = json.dumps({
    "event": "${pactbroker.eventName}",
    "consumer": "${pactbroker.consumerName}",
    "consumerVersion": "${pactbroker.consumerVersionNumber}",
    "consumerBranch": "${pactbroker.consumerVersionBranch}",
    "provider": "${pactbroker.providerName}",
    "providerVersion": "${pactbroker.providerVersionNumber}",
    "providerBranch": "${pactbroker.providerVersionBranch}",
    "status": "${pactbroker.githubVerificationStatus}",
    "build": "${pactbroker.buildUrl}",
    "pact": "${pactbroker.pactUrl}",
    "result": "${pactbroker.verificationResultUrl}",
})

# A delivery that was cut off is repeated when its lease has run out.
TOLD_WITHIN_S = 20
TOLD_AGAIN_WITHIN_S = 150


def tell(site, folder, commands, consumer, verifier):
    """Plays the whole story against the servers of `site`; raises AssertionError where it goes another way."""
    with Listener() as listener:
        Story(site, folder, commands, consumer, verifier, listener).tell()


class Story:
    def __init__(self, site, folder, commands, consumer, verifier, listener):
        self.site = site
        self.folder = folder
        self.commands = commands
        self.consumer = consumer
        self.verifier = verifier
        self.listener = listener
        self.pacts = folder + "/pacts"

    def tell(self):
        os.mkdir(self.pacts)
        for step in (
            self.the_consumers_test_writes_a_contract,
            self.its_build_publishes_the_contract,
            self.what_was_published_is_there,
            self.production_is_created,
            self.the_shop_may_not_go_without_a_provider,
            self.somebody_wants_to_be_told_of_verifications,
            self.a_faulty_provider_build_does_not_pass,
            self.the_failure_is_told,
            self.the_faulty_build_goes_to_production_where_nobody_needs_it_yet,
            self.the_shop_may_not_go_with_the_faulty_build,
            self.a_good_provider_build_passes,
            self.the_success_is_told,
            self.the_shop_still_may_not_go_with_the_faulty_build,
            self.the_good_build_is_deployed,
            self.the_shop_may_go,
            self.the_shop_is_deployed,
            self.the_faulty_build_may_not_come_back,
            self.what_is_deployed_is_recorded,
        ):
            self.step = step.__name__
            step()
            print(f"    {self.step.replace('_', ' ')}", flush=True)
            self.site.between_steps()

    # The consumer's build.

    def the_consumers_test_writes_a_contract(self):
        self.consumer(self.folder, self.pacts, CONSUMER, PROVIDER)

    def its_build_publishes_the_contract(self):
        self.commands.publish(self.site.url, self.pacts, SHOP, "main", SHOP_BUILD)

    def what_was_published_is_there(self):
        version = self.get(f"/pacticipants/{quoted(CONSUMER)}/versions/{quoted(SHOP)}")
        assert version["buildUrl"] == SHOP_BUILD, version
        assert [branch["name"] for branch in version["_embedded"]["branchVersions"]] == ["main"], version
        [written] = glob.glob(self.pacts + "/*.json")
        with open(written, encoding="utf-8") as file:
            wanted = [interaction["description"] for interaction in json.load(file)["interactions"]]
        published = self.get(f"/pacts/provider/{quoted(PROVIDER)}/consumer/{quoted(CONSUMER)}/version/{quoted(SHOP)}")
        assert sorted(interaction["description"] for interaction in published["interactions"]) == sorted(wanted), published

    # The gate.

    def production_is_created(self):
        self.commands.create_production(self.site.url)

    def the_shop_may_not_go_without_a_provider(self):
        self.can_i_deploy(CONSUMER, SHOP, self.commands.UNKNOWN)

    def the_shop_may_not_go_with_the_faulty_build(self):
        self.can_i_deploy(CONSUMER, SHOP, self.commands.NO)

    def the_shop_still_may_not_go_with_the_faulty_build(self):
        self.can_i_deploy(CONSUMER, SHOP, self.commands.NO)

    def the_shop_may_go(self):
        self.can_i_deploy(CONSUMER, SHOP, self.commands.YES)

    def the_faulty_build_may_not_come_back(self):
        self.can_i_deploy(PROVIDER, FAULTY_STOCK, self.commands.NO)
        self.can_i_deploy(PROVIDER, STOCK, self.commands.YES)

    def can_i_deploy(self, pacticipant, version, expect):
        self.commands.can_i_deploy(self.site.url, pacticipant, version, expect)

    # The provider's builds.

    def a_faulty_provider_build_does_not_pass(self):
        if self.site.interrupts_deliveries:
            self.listener.hang()
        said = self.verify(FAULTY_STOCK, faulty=True, expect=1)
        assert "$.count" in said, said
        if self.site.interrupts_deliveries:
            assert self.listener.hanging.wait(TOLD_WITHIN_S), "no delivery was begun"

    def a_good_provider_build_passes(self):
        self.verify(STOCK, faulty=False, expect=0)

    def verify(self, version, *, faulty, expect):
        with StockKeeper(faulty=faulty) as stock_keeper:
            options = {"provider": PROVIDER, "providerUrl": stock_keeper.url, "brokerUrl": self.site.url, "version": version,
                       "branch": "main", "buildUrl": STOCK_BUILD, "selectors": [{"branch": "main"}, {"deployedOrReleased": True}]}
            return self.verifier(self.folder, options, expect)

    # Deployments.

    def the_faulty_build_goes_to_production_where_nobody_needs_it_yet(self):
        self.can_i_deploy(PROVIDER, FAULTY_STOCK, self.commands.YES)
        self.commands.record_deployment(self.site.url, PROVIDER, FAULTY_STOCK)

    def the_good_build_is_deployed(self):
        self.commands.record_deployment(self.site.url, PROVIDER, STOCK)

    def the_shop_is_deployed(self):
        self.commands.record_deployment(self.site.url, CONSUMER, SHOP)

    def what_is_deployed_is_recorded(self):
        [production] = self.get("/environments")["_embedded"]["environments"]
        assert (production["name"], production["production"]) == ("production", True), production
        deployed = self.get(f"/environments/{production['uuid']}/deployed-versions/currently-deployed")
        versions = {(version["_embedded"]["pacticipant"]["name"], version["_embedded"]["version"]["number"])
                    for version in deployed["_embedded"]["deployedVersions"]}
        assert versions == {(CONSUMER, SHOP), (PROVIDER, STOCK)}, versions

    # Webhooks.

    def somebody_wants_to_be_told_of_verifications(self):
        self.commands.create_webhook(self.site.url, CONSUMER, PROVIDER, self.listener.url, WEBHOOK_USER, WEBHOOK_BODY)

    def the_failure_is_told(self):
        self.listener.release()
        self.told("provider_verification_published", FAULTY_STOCK, "failure")
        events = {body["event"] for _, body in self.listener.answered}
        assert events == {"provider_verification_published"}, f"a failure is no success: {events}"

    def the_success_is_told(self):
        for event in ("provider_verification_published", "provider_verification_succeeded"):
            self.told(event, STOCK, "success")

    def told(self, event, provider_version, status):
        within = TOLD_AGAIN_WITHIN_S if self.site.interrupts_deliveries else TOLD_WITHIN_S
        headers, body = self.listener.wait_for(
            f"{event} for {provider_version}",
            lambda body: (body["event"], body["providerVersion"]) == (event, provider_version), within)
        assert headers.get("Content-Type") == "application/json", headers
        assert headers.get("Authorization") == "Basic " + base64.b64encode(WEBHOOK_USER.encode()).decode(), headers
        links = {"pact": body.pop("pact"), "result": body.pop("result")}
        assert body == {
            "event": event, "consumer": CONSUMER, "consumerVersion": SHOP, "consumerBranch": "main", "provider": PROVIDER,
            "providerVersion": provider_version, "providerBranch": "main", "status": status, "build": STOCK_BUILD,
        }, body
        assert self.get(links["pact"])["consumer"]["name"] == CONSUMER, links
        result = self.get(links["result"])
        assert (result["success"], result["providerApplicationVersion"]) == (status == "success", provider_version), result

    def get(self, address):
        """Looks at the server's answer. An absolute address must be one of the story's servers, whichever lives now."""
        path = urllib.parse.urlsplit(address)
        url = self.site.url + path.path + (f"?{path.query}" if path.query else "")
        request = urllib.request.Request(url, headers={"Accept": "application/hal+json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def quoted(name):
    return urllib.parse.quote(name, safe="")
