"""The features of the compatibility suite about matching, as contracts: what they expect of a request is expected of a response, and what
is received is answered. So every kind of matching rule is used."""

import re

import gherkin
from answers import Told
from pact_file import Interaction

FEATURES = ("V3/matching_rules", "V3/http_matching", "V4/matching_rules")
# What a response has not, and what is there for readers.
LEFT_OUT = ("query", "desc")


def read(data):
    """(feature, version, interactions with what is answered to each); `data` is the folder of the suite."""
    for feature in FEATURES:
        cases = []
        for scenario in gherkin.read(f"{data}/features/{feature}.feature"):
            expected, received = None, []
            for step in scenario.steps:
                if re.match("an expected re", step.text):
                    expected = one_of(step, data + "/fixtures")[0]
                elif re.search("received", step.text):
                    received += one_of(step, data + "/fixtures")
            if expected is None or not received:
                raise ValueError(f"this is not understood: {feature}: {scenario.name}")
            # A rule of the query has no place in a response, either.
            expected.response.rules.pop("query", None)
            cases += [(scenario.name, expected, told(one)) for one in received]
        yield feature, int(feature[1]), cases


def one_of(step, fixtures):
    """The responses that a step tells of: in a table, or in its sentence."""
    if header := re.search('an? "(.+?)" header of "(.+)"', step.text):
        rows = [{"raw headers": f"'{header[1]}: {header[2]}'"}]
    elif status := re.search("a status ([0-9]+) response", step.text):
        rows = [{"status": status[1]}]
    else:
        rows = step.table()
    return [Interaction().changed({f"response {column}": cell for column, cell in row.items() if column not in LEFT_OUT}, fixtures) for row in rows]


def told(interaction):
    part = interaction.response
    return Told(interaction.status, tuple(part.joined_headers().items()), part.body.content if part.body else b"")
