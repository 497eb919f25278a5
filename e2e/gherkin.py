"""Reads feature files: as much of Gherkin as the compatibility features use, and a complaint about everything else."""

import re
from dataclasses import dataclass, field

STEP = re.compile(r"(?:Given|When|Then|And|But|\*) (.+)")


@dataclass
class Step:
    text: str
    rows: list[list[str]] = field(default_factory=list)

    def table(self):
        """The rows below the first one, by the names that stand in the first one; empty cells are left out."""
        names, *rows = self.rows
        return [{name: cell for name, cell in zip(names, row, strict=True) if cell} for row in rows]

    def pairs(self):
        """A table without a heading: what stands on the left, and its value."""
        return {name: value for name, value in self.rows}


@dataclass
class Scenario:
    feature: str
    name: str
    tags: set[str]
    steps: list[Step] = field(default_factory=list)


def read(path):
    """The scenarios of a feature, each beginning with the steps of the background."""
    scenarios, background, steps, tags, feature_tags, feature = [], [], None, set(), set(), None
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    for number, line in enumerate(lines, 1):
        step = STEP.fullmatch(line)
        if not line or line.startswith("#"):
            continue
        if line.startswith("@"):
            tags |= set(line.split())
        elif line.startswith("Feature:"):
            feature, feature_tags, tags = line.partition(":")[2].strip(), tags, set()
        elif line.startswith("Background:"):
            steps = background
        elif line.startswith(("Scenario:", "Example:")):
            scenarios.append(Scenario(feature, line.partition(":")[2].strip(), feature_tags | tags, list(background)))
            steps, tags = scenarios[-1].steps, set()
        elif step and steps is not None:
            steps.append(Step(step[1]))
        elif line.startswith("|") and steps:
            steps[-1].rows.append(cells(line))
        elif steps is not None:
            raise ValueError(f"{path}:{number}: this is not understood: {line}")
    return scenarios


def cells(line):
    """What stands between the bars of one row. A backslash keeps a bar or a backslash, and makes a line break of an n."""
    found = re.findall(r"((?:[^|\\]|\\.)*)\|", line.removeprefix("|"))
    escapes = {"|": "|", "\\": "\\", "n": "\n"}
    return [re.sub(r"\\(.)", lambda escape: escapes.get(escape[1], escape[0]), cell.strip()) for cell in found]
