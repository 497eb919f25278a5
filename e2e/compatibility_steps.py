"""What the steps of the compatibility features mean: the world of one scenario, and how each step changes or looks at it."""

import json
import re

from bodies import read_body, read_fixture, read_value
from mock_broker import MockBroker
from pact_file import Interaction, Message, pact
from provider import STATE_PATH, Provider

STEPS = []
TEXT = r'"((?:[^"\\]|\\.)*)"'
PROVIDER = "p"
PROVIDER_VERSION = "1.2.3"


def step(pattern):
    """Registers a function for steps. `TEXT` in a pattern is a text in quotation marks."""
    def register(function):
        STEPS.append((re.compile(pattern.replace("TEXT", TEXT)), function))
        return function
    return register


class World:
    """One scenario; a context manager."""

    def __init__(self, verifier, fixtures, version, folder):
        self.verifier, self.fixtures, self.version, self.folder = verifier, fixtures, version, folder
        self.interactions = {}
        self.provider = Provider()
        self.files, self.published_contracts = [], []
        self.arguments = []
        self.publishes = False
        self.broker = self.run = None

    def __enter__(self):
        self.provider.__enter__()
        return self

    def __exit__(self, *_):
        self.provider.__exit__()
        if self.broker:
            self.broker.__exit__()

    def play(self, one):
        """Does what a step says. Several functions for one step, or none, are a mistake of the features or of this file."""
        found = [(pattern.fullmatch(one.text), function) for pattern, function in STEPS]
        found = [(match, function) for match, function in found if match]
        if len(found) != 1:
            raise UnknownStep(f"{len(found)} meanings are known for: {one.text}")
        match, function = found[0]
        words = [re.sub(r"\\(.)", r"\1", word) if word is not None else None for word in match.groups()]
        function(self, *words, *([one] if one.rows else []))

    def add_contract(self, consumer, contract, from_broker=False):
        if from_broker:
            self.published_contracts.append(contract)
            return
        path = f"{self.folder}/{len(self.files)}-{consumer}.json"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(contract, file)
        self.files.append(path)

    def expected_descriptions(self):
        """Of all that must be judged."""
        contracts = list(self.published_contracts)
        for path in self.files:
            with open(path, encoding="utf-8") as file:
                contracts.append(json.load(file))
        return sorted(one["description"] for contract in contracts for one in contract.get("interactions") or contract["messages"])


class UnknownStep(Exception):
    pass


def must(holds, complaint, world):
    if not holds:
        raise AssertionError(f"{complaint}\n{world.run.output if world.run else ''}")


# The provider


@step("the following HTTP interactions have been (?:defined|setup):")
def define_interactions(world, table):
    for row in table.table():
        world.interactions[row["No"]] = Interaction().changed(row, world.fixtures)


@step('a provider is started that returns the responses? from interactions? "?([0-9, ]+)"?')
def start_provider(world, numbers):
    world.provider.interactions += [world.interactions[number.strip()] for number in numbers.split(",")]


@step("a provider is started that returns the response from interaction ([0-9]+), with the following changes:")
def start_changed_provider(world, number, table):
    interaction = world.interactions[number]
    for row in table.table():
        interaction = interaction.changed(row, world.fixtures)
    world.provider.interactions.append(interaction)


@step("a provider is started that can generate the TEXT message with TEXT(?: and the following metadata:)?")
def start_message_provider(world, description, body, table=None):
    metadata = {row["key"]: read_value(row["value"]) for row in table.table()} if table else {}
    world.provider.messages[description] = Message(description, read_body(body, world.fixtures), metadata)


@step("a provider state callback is configured(, but will return a failure)?")
def configure_states(world, fails):
    world.provider.states_fail = bool(fails)
    world.arguments += ["--state-change-url", world.provider.url + STATE_PATH, "--state-change-teardown"]


@step("a request filter is configured to make the following changes:")
def configure_request_filter(world, table):
    for row in table.table():
        changed = Interaction().changed(row, world.fixtures)
        if set(row) - {"headers", "raw headers"}:
            raise UnknownStep(f"a verifier on the command line changes only headers, not {sorted(row)}")
        for name, value in changed.request.joined_headers().items():
            world.arguments += ["--header", f"{name}={value}"]


# The contracts. A step that ends with one of these says more about the contract.

MORE = "(, but is marked pending| with (?:a )?provider state TEXT(?: defined)?| with the following provider states defined:" \
       "| with the following comments:| with the following metadata:)?"


def told_more(more, state, table):
    """States, pending and comments as `to_json` takes them."""
    more = (more or "").strip(" ,:")
    told = {"states": [(state, {})] if state is not None else []}
    if "pending" in more:
        told["pending"] = True
    elif more.endswith("provider states defined"):
        told["states"] = [(row["State Name"], json.loads(row.get("Parameters", "{}"))) for row in table.table()]
    elif more.endswith("comments"):
        told["comments"] = {"text": [row["comment"] for row in table.table() if row["type"] == "text"]}
        told["comments"] |= {row["type"]: row["comment"] for row in table.table() if row["type"] != "text"}
    return told


@step("a Pact file for interaction ([0-9]+) is to be verified( from a Pact broker)?" + MORE)
def verify_interaction(world, number, from_broker, more, state, table=None):
    written = world.interactions[number].to_json(world.version, **told_more(more, state, table))
    if from_broker:
        written["_id"] = f"id-of-{number}"
    world.add_contract(f"c_{number}", pact(f"c_{number}", PROVIDER, world.version, [written]), from_broker)


@step("a Pact file for TEXT:TEXT is to be verified" + MORE)
def verify_message(world, description, body, more, state, table=None):
    message = Message(description, read_body(body, world.fixtures))
    if more and more.endswith("metadata:"):
        message.metadata = {row["key"]: read_value(row["value"]) for row in table.table()}
    add_message(world, message, told_more(more, state, table))


@step("a Pact file for TEXT is to be verified with the following:")
def verify_detailed_message(world, description, table):
    message, states = Message(description), []
    for name, value in table.pairs().items():
        match name:
            case "body":
                message.body = read_body(value, world.fixtures)
            case "matching rules":
                message.rules = read_fixture(value, world.fixtures)
            case "generators":
                message.generators = read_fixture(value, world.fixtures)
            case "metadata":
                pairs = [pair.partition("=") for pair in value.split(";")]
                message.metadata = {key.strip(): read_value(told.strip()) for key, _, told in pairs}
            case "provider state":
                states = [(value, {})]
            case _:
                raise UnknownStep(f"a message's {name!r} is not known")
    add_message(world, message, {"states": states})


def add_message(world, message, told):
    consumer = f"c_{len(world.files) + 1}"
    world.add_contract(consumer, pact(consumer, PROVIDER, world.version, [message.to_json(world.version, **told)], of_messages=True))


@step("publishing of verification results is enabled")
def publish_results(world):
    world.publishes = True


# The run


@step("the verification is run")
def run_verifier(world):
    provider = world.provider
    arguments = ["--hostname", "127.0.0.1", "--port", provider.port, "--transports", f"message:{provider.port}", "--provider-name", PROVIDER, *world.arguments]
    for path in world.files:
        arguments += ["--file", path]
    if world.published_contracts:
        world.broker = MockBroker(world.published_contracts).__enter__()
        arguments += ["--broker-url", world.broker.url]
    if world.publishes:
        arguments += ["--publish", "--provider-version", PROVIDER_VERSION]
    world.run = world.verifier.run(world.folder, *arguments)
    must(not world.run.refused, f"the contracts were not read: {world.run.refused}", world)
    judged = sorted(one.description for one in world.run.judged)
    must(judged == world.expected_descriptions(), f"{judged} were judged of {world.expected_descriptions()}", world)


@step("the verification will( NOT)? be successful")
def look_at_success(world, fails):
    run = world.run
    failed = [one for one in run.judged if one.result != "passed" and not one.pending]
    if fails:
        must(run.code in (1, 3) and run.success is False, f"the verification should fail, and ended with {run.code}", world)
        must(failed, "no interaction failed", world)
    else:
        must(run.code == 0 and run.success is True, f"the verification should succeed, and ended with {run.code}", world)
        must(not failed, f"these failed: {failed}", world)


@step("the verification results will contain an? TEXT error")
def look_at_errors(world, words):
    found = world.run.troubles(pending=False)
    must(words in found, f"{words!r} is not in {sorted(found)}", world)


@step("there will be a pending TEXT error")
def look_at_pending_errors(world, words):
    found = world.run.troubles(pending=True)
    must(words in found, f"{words!r} is not in {sorted(found)}", world)
    must(not world.run.troubles(pending=False), "there are errors that are not pending", world)


# What was published


@step("a verification result will NOT be published back")
def look_for_nothing_published(world):
    must(world.broker.asked, "the broker was not asked at all", world)
    must(not world.broker.published, f"this was published: {world.broker.published}", world)


@step(r"an? (successful|failed) verification result will be published back for (?:the )?interaction \{([0-9]+)\}")
def look_for_published(world, kind, number):
    success = kind == "successful"
    results = [result for consumer, result in world.broker.published if consumer == f"c_{number}"]
    must(len(results) == 1, f"{len(results)} results were published for interaction {number}; the broker was asked for {world.broker.asked}", world)
    must(results[0]["success"] is success, f"not what was published: {results[0]}", world)
    must(results[0]["providerApplicationVersion"] == PROVIDER_VERSION, f"not what was published: {results[0]}", world)
    of_it = [one for one in results[0]["testResults"] if one.get("interactionId") == f"id-of-{number}"]
    must(len(of_it) >= 1 and all(one["success"] is success for one in of_it), f"not what was published: {results[0]}", world)
    must(success or any(one.get("mismatches") or one.get("exceptions") for one in of_it), f"no reason was published: {results[0]}", world)


# What the provider and its state callback were asked


@step("the provider state callback will be called (before|after) the verification is run")
def look_at_order(world, when):
    kinds = [kind for kind, _ in world.provider.events]
    must("state" in kinds, "the state callback was not called", world)
    # Nothing is asked after a state that was not set up.
    if not world.provider.states_fail:
        must("request" in kinds, "the provider was not asked", world)
        must(kinds[0 if when == "before" else -1] == "state", f"the calls came in this order: {kinds}", world)


@step("the provider state callback will receive an? (setup|teardown) call (?:with )?TEXT as the provider state parameter")
def look_at_state(world, action, state):
    calls = world.provider.state_calls(action)
    must(any(call["state"] == state for call in calls), f"no {action} call with {state!r} in {calls}", world)


@step("the provider state callback will receive an? (setup|teardown) call (?:with )?TEXT and the following parameters:")
def look_at_state_with_parameters(world, action, state, table):
    calls = world.provider.state_calls(action)
    for row in table.table():
        expected = {name: json.loads(value) for name, value in row.items()}
        must(any(call["state"] == state and call.get("params") == expected for call in calls), f"no {action} call with {state!r} and {expected} in {calls}", world)


@step("the provider state callback will NOT receive an? (setup|teardown) call")
def look_for_no_state(world, action):
    must(not world.provider.state_calls(action), f"there were calls: {world.provider.state_calls(action)}", world)


@step("the request to the provider will contain the header TEXT")
def look_at_header(world, header):
    name, _, value = header.partition(":")
    sent = [{key.lower(): told for key, told in asked.headers.items()} for asked in world.provider.requests()]
    must(sent and all(headers.get(name.lower()) == value.strip() for headers in sent), f"the headers were {sent}", world)


# What was printed


@step("a warning will be displayed that there was no provider state callback configured for provider state TEXT")
def look_for_warning(world, state):
    lines = world.run.output.splitlines()
    must(any(world.verifier.warns_of_state(line, state) for line in lines), f"no line warns of {state!r}", world)


@step("the comment TEXT will have been printed to the console")
@step("the TEXT will (?:be )?displayed as the original test name")
def look_at_console(world, text):
    must(text in world.run.output, f"{text!r} was not printed", world)
