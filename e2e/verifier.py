"""Runs a verifier, ours or the official one, and reads its report into the same words."""

import json
import os
import re
from dataclasses import dataclass, field

import clients
from server import BINARY, clean_environment

TIMEOUT_S = 120

# What the features call a trouble, by what both reports call it.
WORDS = {
    "StatusMismatch": "Response status did not match",
    "HeaderMismatch": "Headers had differences",
    "BodyMismatch": "Body had differences",
    "BodyTypeMismatch": "Body had differences",
    "MetadataMismatch": "Metadata had differences",
}
STATE_FAILED = "State change request failed"


@dataclass
class Judged:
    """One interaction of a report. `result` is `passed`, `failed`, or why it is neither."""

    description: str
    result: str
    pending: bool
    troubles: set[str] = field(default_factory=set)

    def verdict(self):
        """`passed`, `failed`, or `none` when there was no answer, or none that could be judged; the official report calls that failed."""
        if self.result == "failed" and self.troubles and not self.troubles & {*WORDS.values()}:
            return "none"
        return self.result if self.result in ("passed", "failed") else "none"


@dataclass
class Run:
    """A run of a verifier that ended by itself. `refused` says why there is nothing to be read in its report."""

    code: int
    output: str
    judged: list[Judged]
    success: bool | None
    refused: str | None
    # What the provider was asked, by the numbers of the interactions, where somebody keeps it.
    asked: dict = field(default_factory=dict)

    def troubles(self, *, pending):
        return set().union(*(one.troubles for one in self.judged if one.pending == pending))


class Pactolus:
    """`pactolus verify`."""

    name = "pactolus"
    default_path = BINARY

    def __init__(self, path):
        self.command = [path, "verify"]

    def run(self, folder, *arguments):
        return self.read(folder, *finish(self.command, folder, arguments))

    def read(self, folder, code=0, output=""):
        """The report that a run has left in the folder."""
        report = report_in(folder)
        if report is None:
            return Run(code, output, [], None, f"no report: {output}")
        said = Run(code, output, [], report["success"], None)
        for contract in report["contracts"]:
            if contract["unreadable"]:
                said.refused = contract["unreadable"]
            for one in contract["interactions"]:
                troubles = {WORDS[mismatch["type"]] for mismatch in one["mismatches"]}
                if one["trouble"]:
                    troubles.add(STATE_FAILED if one["trouble"] == "state" else one["trouble"])
                said.judged.append(Judged(one["description"], one["result"], one["pending"], troubles))
        self.must_agree(report, code)
        return said

    @staticmethod
    def warns_of_state(line, state):
        return f'"{state}"' in line and "--state-change-url" in line

    @staticmethod
    def must_agree(report, code):
        """What the report says in several places, and the exit code, are one thing."""
        one_by_one = [one for contract in report["contracts"] for one in contract["interactions"]]
        counted = {"passed": 0, "failed": 0, "pending": 0, "notJudged": 0, "notAsked": 0, "skipped": 0}
        words = {"not-judged": "notJudged", "not-asked": "notAsked"}
        for one in one_by_one:
            failed_pending = one["pending"] and one["result"] != "passed" and one["result"] != "skipped"
            counted["pending" if failed_pending else words.get(one["result"], one["result"])] += 1
        summary = report["summary"]
        assert report["exitCode"] == code, f"the exit code is {code}, in the report {report['exitCode']}"
        assert report["success"] == (code == 0), f"success is {report['success']} with the exit code {code}"
        assert summary["interactions"] == len(one_by_one), f"{len(one_by_one)} interactions, the summary says {summary['interactions']}"
        assert {key: summary[key] for key in counted} == counted, f"{counted} interactions, the summary says {summary}"
        counting = [one for one in one_by_one if not one["pending"]]
        if any(one["result"] == "failed" for one in counting):
            assert code == 1, f"a contract is broken, and the exit code is {code}"
        elif any(one["result"] == "not-asked" for one in counting):
            assert code == 3, f"a provider could not be asked, and the exit code is {code}"


class Official:
    """The Rust verifier on the command line, as a program of its own or a part of `pact`."""

    name = "official"
    default_path = clients.PACT

    def __init__(self, path):
        self.command = [path] + (["verifier"] if os.path.basename(path) == "pact" else [])

    def run(self, folder, *arguments):
        known = [argument for argument in arguments if argument != "--follow-redirects"]
        # It reports its runs to its makers otherwise.
        return self.read(folder, *finish(self.command, folder, known, PACT_DO_NOT_TRACK="true"))

    def read(self, folder, code=0, output=""):
        """The report that a run has left in the folder."""
        report = report_in(folder)
        if report is None:
            return Run(code, output, [], None, f"no report: {output}")
        of_sources = [error["mismatch"] for error in report["errors"] if error["mismatch"]["type"] == "error" and " - " not in error["interaction"]]
        judged = [Judged(one["description"], {"OK": "passed", "Error": "failed"}[one["result"]], False) for one in report["interactionResults"]]
        for errors, pending in ((report["errors"], False), (report["pendingErrors"], True)):
            for error in errors:
                for one in judged:
                    if error["interaction"].endswith(f" - {one.description}"):
                        one.pending = pending
                        one.troubles |= self.troubles_of(error["mismatch"])
        return Run(code, output, judged, report["result"], of_sources[0]["message"] if of_sources else None)

    @staticmethod
    def warns_of_state(line, _state):
        # It does not name the state.
        return "State Change ignored as there is no state change URL" in line

    @staticmethod
    def troubles_of(mismatch):
        if mismatch["type"] == "mismatches":
            return {WORDS[one["type"]] for one in mismatch["mismatches"]}
        return {STATE_FAILED if "state change" in mismatch["message"].lower() else mismatch["message"]}


VERIFIERS = {verifier.name: verifier for verifier in (Pactolus, Official)}


def chosen(name, path=None):
    """A verifier by its name; without a path the one that was built or installed here."""
    verifier = VERIFIERS[name]
    path = os.path.abspath(path or verifier.default_path)
    if not os.path.exists(path):
        raise SystemExit(f"{path} is missing: {'cargo build --release' if verifier is Pactolus else f'e2e/install {clients.CLIENTS}'}")
    return verifier(path)


def finish(command, folder, arguments, **environment):
    """Exit code and output; the report is left in the folder."""
    if os.path.exists(report_path(folder)):
        os.remove(report_path(folder))
    whole = [*command, *map(str, arguments), "--json", report_path(folder), "--no-colour"]
    code, output, _ = clients.finish(whole, folder, clean_environment(HOME=folder, **environment), TIMEOUT_S)
    output = re.sub(r"\x1b\[[0-9;]*m", "", output)
    if code < 0 or "panicked at" in output:
        raise AssertionError(f"{os.path.basename(command[0])} ended with {code}:\n{output}")
    return code, output


def report_path(folder):
    return f"{folder}/report.json"


def report_in(folder):
    """None when the run has left none."""
    try:
        with open(report_path(folder), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None
