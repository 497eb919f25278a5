"""Reads docs/differences.md: which answers may differ from the reference's, and whether each difference listed there is still one."""

import dataclasses
import os
import re

from server import ROOT

FILE = os.path.join(ROOT, "docs/differences.md")


@dataclasses.dataclass
class Rule:
    """One row of a table: differences in any of `parts` of the answers to any of `requests` are expected."""

    chapter: str
    line: int
    requests: list
    parts: list
    # Whether it depends on how quickly something happens.
    sometimes: bool
    used: set = dataclasses.field(default_factory=set)
    count: int = 0

    def covers(self, exchange, part, detail):
        requests = [one for one in self.requests if is_request(one, exchange)]
        parts = [one for one in self.parts if is_part(one, part, detail)]
        return {*requests, *parts} if requests and parts else set()

    def vanished(self):
        return [] if self.sometimes else [one for one in [*self.requests, *self.parts] if one not in self.used]


def read():
    rules, chapter = [], None
    with open(FILE, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("## "):
                chapter = line[3:].strip()
            cells = [cell.strip() for cell in line.split(" | ")] if line.startswith("| `") else []
            if cells:
                requests, parts = (re.findall(r"`([^`]+)`", cell) for cell in cells[:2])
                if not requests or not parts:
                    raise SystemExit(f"{FILE}:{number}: a row needs requests and parts in `code`")
                rules.append(Rule(chapter, number, [each for one in requests for each in exchanges_named(one)], parts,
                                  "(sometimes)" in cells[1]))
    if not rules:
        raise SystemExit(f"no rules in {FILE}")
    return rules


def exchanges_named(request):
    """`RUN #1 #2` names two exchanges; everything else is one pattern."""
    numbers = re.fullmatch(r"(\S+)((?: #\d+)+)", request)
    return [f"{numbers[1]} {number}" for number in numbers[2].split()] if numbers else [request]


def is_request(pattern, exchange):
    """`METHOD /path`, also `METHOD /path with WORD`, or `RUN #NUMBER` for one exchange of a recording."""
    if re.fullmatch(r"\S+ #\d+", pattern):
        return pattern == f"{exchange.run} #{exchange.number}"
    pattern, _, word = pattern.partition(" with ")
    return matches(pattern, exchange.request, "/?") and word in exchange.body


def is_part(pattern, part, detail):
    if part.endswith("status") and " → " in pattern:
        return pattern == f"{part} {detail.replace(' != ', ' → ')}"
    if pattern.endswith(" missing"):
        return (detail == "missing" or detail.startswith("missing (")) and matches(pattern.removesuffix(" missing"), part, ".")
    return matches(pattern, part, ".")


def matches(pattern, text, borders):
    """`*` stands for anything up to the next border, `**` for anything."""
    pieces = {"**": ".*", "*": f"[^{re.escape(borders)}]*"}
    return re.fullmatch("".join(pieces.get(piece) or re.escape(piece) for piece in re.split(r"(\*\*?)", pattern)), text, re.S) is not None


def judge(rules, exchanges):
    """The differences that no rule lists, as (exchange, [(part, detail)]). Another status means another answer: where the status may
    differ, the rest of the answer may."""
    unlisted = []
    for exchange in exchanges:
        listed = {}
        for part, detail in exchange.differences:
            for rule in rules:
                covered = rule.covers(exchange, part, detail)
                if covered:
                    listed[part] = True
                    rule.used |= covered
                    rule.count += 1
        other_answer = "status" in listed and any(part == "status" for part, _ in exchange.differences)
        left = [] if other_answer else [(part, detail) for part, detail in exchange.differences if part not in listed]
        if left:
            unlisted.append((exchange, left))
    return unlisted
