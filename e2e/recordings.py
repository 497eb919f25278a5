"""Plays the recordings of the reference in the conformance data against a running server, and says what it answers differently.

The comparing is done by the data's own programs. What a client must take as opaque and what no two servers can have in common
(numbers of verification results, the metadata in a contract's address, the day) is made equal first. Badges are compared by what they say.
"""

import dataclasses
import gzip
import json
import os
import re
import subprocess
import sys

import badges
from server import clean_environment

PROGRAM_TIMEOUT_S = 200


@dataclasses.dataclass
class Exchange:
    """One request of a recording, and each part of the answer that differs, as (part, 'recorded != ours')."""

    run: str
    number: int
    name: str
    request: str
    body: str
    differences: list

    def __str__(self):
        return f"{self.run} #{self.number} {self.name} — {self.request}"


def play_scenario(folder, name, golden, scenario, url, hook_port, work):
    """The golden scenario or a history: recorded from the server, then the two recordings are compared."""
    ours = f"{work}/{name}.jsonl"
    said = program(folder, ["record.py", url, ours, "--scenario", scenario, "--hook-port", str(hook_port)], (0,))
    if not re.search(r"^\d+ steps, \d+ failures", said, re.M):
        raise AssertionError(f"{name} was not recorded:\n{said}")
    recorded = read_steps(golden)
    # Later answers cannot tell what a withheld one would have told, so it is left out on both sides.
    withheld = {step["i"] for step in recorded if step.get("withheld")}
    write_comparable(recorded, withheld, f"{work}/{name}.recorded.jsonl")
    write_comparable(read_steps(ours), withheld, f"{work}/{name}.ours.jsonl")
    said = program(folder, ["compare.py", f"{work}/{name}.recorded.jsonl", f"{work}/{name}.ours.jsonl", "--max-diffs", "100000"], (0, 1))

    requests = {step["i"]: told(step["name"], step["request"]) for step in recorded if "i" in step}
    return exchanges(name, said, r"\n(\d+) of (\d+) steps agree", r"#(\d+) ", requests)


def play_suite(folder, name, suite, url, hook_url, work):
    """A suite, which is replayed and compared exchange by exchange; its webhooks go to `hook_url`."""
    with open(suite, encoding="utf-8") as file:
        played = json.loads(file.read().replace("http://127.0.0.1:9988", hook_url))
    played["interactions"] = [badges.as_pattern(one) for one in played["interactions"]]
    own = f"{work}/{os.path.basename(suite)}"
    with open(own, "w", encoding="utf-8") as file:
        json.dump(played, file)
    said = program(folder, ["replay.py", url, own, "--max-diffs", "100000"], (0, 1))

    requests = {number: told(one.get("description", ""), one["request"]) for number, one in enumerate(played["interactions"], 1)}
    return exchanges(name, said, r"\n(\d+) of (\d+) exchanges agree", re.escape(os.path.basename(own)) + r" #(\d+) ", requests)


def told(name, request):
    """(name, METHOD path, body)"""
    body = request.get("rawBody", request.get("body"))
    return name, f"{request['method']} {request['path']}", body if isinstance(body, str) else json.dumps(body)


def program(folder, arguments, codes):
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=clean_environment(PYTHONDONTWRITEBYTECODE="1"), text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PROGRAM_TIMEOUT_S, check=False)
    if done.returncode not in codes or "Traceback" in done.stdout:
        raise AssertionError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def exchanges(run, said, summary, heading, requests):
    """How many exchanges agree, and those that do not, from what the comparing program printed."""
    total = re.search(summary, said)
    differing = []
    for line in said.splitlines():
        number = re.match(heading, line)
        if number:
            differing.append(Exchange(run, int(number[1]), *requests[int(number[1])], []))
        elif line.startswith("   "):
            differing[-1].differences.append(difference(line.strip()))
    agree, of_all = int(total[1]), int(total[2])
    # The program's own count shows whether its output was understood.
    if len(differing) != of_all - agree or not all(one.differences for one in differing):
        raise AssertionError(f"{run}: {len(differing)} differing exchanges were read, {of_all - agree} were told:\n{said}")
    return agree, differing


def difference(line):
    """(part, detail): the part is `status`, `header NAME`, or `body` with the keys down to the value; a list's items are all `[]`."""
    part, _, detail = ("status", "", line.removeprefix("status ")) if line.startswith("status ") else line.partition(": ")
    part = re.sub(r"\[\d+\]", "[]", part)
    part = re.sub(r"^\.headers\.", "header ", re.sub(r"^\$", "body", part)).removeprefix(".")
    return part, detail


def read_steps(path):
    with (gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")) as file:
        return [json.loads(line) for line in file]


def write_comparable(steps, withheld, path):
    names = {}
    with open(path, "w", encoding="utf-8") as file:
        for step in steps:
            if step.get("i") in withheld:
                continue
            if "response" in step:
                name_result(step, names)
                step = {**step, "response": comparable(badges.as_told(step["response"]), names, step["i"])}
            file.write(json.dumps(step) + "\n")


def name_result(step, names):
    """A verification result is named by the step that published it: its number differs between servers, and so does how often one is
    counted that is published twice."""
    location = step["response"]["headers"].get("location", "")
    number = re.search(r"/verification-results/(\d+)$", location)
    if number and step["request"]["method"] == "POST":
        names[number[1]] = str(100_000 + 100 * step["i"])


def comparable(value, names, step):
    if isinstance(value, dict):
        return {name: comparable(one, names, step) for name, one in value.items()}
    if isinstance(value, list):
        return [comparable(one, names, step) for one in value]
    if isinstance(value, str):
        value = re.sub(r"/metadata/[A-Za-z0-9%_=-]+", "/metadata/opaque", value)
        value = re.sub(r"\b\d\d/\d\d/20\d\d\b", "day", value)
        return re.sub(r"(verification-results/|Verification result )(\d+)\b", lambda m: m[1] + named(m[2], names, step), value)
    return value


def named(number, names, step):
    """One that no given answer has named before is named by where it is first met."""
    return names.setdefault(number, str(100_000 + 100 * step + len(names) % 100))
