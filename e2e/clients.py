"""Runs clients as a build would: the official ones that `e2e/install` put on the machine, and pactolus's own commands."""

import json
import os
import re
import signal
import subprocess

from server import BINARY, ROOT, clean_environment

CLIENTS = os.environ.get("PACTOLUS_CLIENTS") or os.path.expanduser("~/.cache/pactolus-ci/clients")
PACT = CLIENTS + "/npm/node_modules/@pact-foundation/pact-cli-linux-x64/standalone/pact"
NODE = CLIENTS + "/node22/node_modules/.bin/node"
PYTHON = CLIENTS + "/venv/bin/python"

TIMEOUT_S = 90


def run(command, *, cwd, expect=0, stdout_only=False, **environment):
    """What a command printed; it must end with the exit code `expect`."""
    variables = clean_environment(HOME=cwd, PACT_DO_NOT_TRACK="true", PACT_BROKER_HTTP_RETRIES="2", **environment)
    code, output, remarks = finish(command, cwd, variables, TIMEOUT_S, stderr=subprocess.PIPE if stdout_only else subprocess.STDOUT)
    if code != expect:
        shown = " ".join([os.path.basename(command[0]), *command[1:]])
        raise AssertionError(f"exit code {code}, expected {expect}: {shown}\n{output}{remarks or ''}")
    return re.sub(r"\x1b\[[0-9;]*m", "", output)


def finish(command, cwd, environment, timeout_s, stderr=subprocess.STDOUT):
    """Exit code and output of a command that is ended, with all that it started, when it takes too long."""
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
                               text=True, errors="replace", start_new_session=True)
    try:
        output, remarks = process.communicate(timeout=timeout_s)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        output, remarks = process.communicate()
        print(f"broken off: {' '.join(command)}\n{output}{remarks or ''}")
        raise
    return process.returncode, output, remarks


class Commands:
    """What both command lines take with the same arguments."""

    def __init__(self, folder):
        self.folder = folder

    def publish(self, url, pacts, version, branch, build_url):
        self.broker(url, "publish", pacts, "--consumer-app-version", version, "--branch", branch, "--build-url", build_url)

    def create_production(self, url):
        self.broker(url, "create-environment", "--name", "production", "--display-name", "Production", "--production")

    def create_webhook(self, url, consumer, provider, target, user, body):
        self.broker(url, "create-webhook", target, "--request", "POST", "--consumer", consumer, "--provider", provider,
                    "--header", "Content-Type: application/json", "--data", body, "--description", "tells the chat", "--user", user,
                    "--provider-verification-published", "--provider-verification-succeeded")

    def record_deployment(self, url, pacticipant, version):
        self.broker(url, "record-deployment", "--pacticipant", pacticipant, "--version", version, "--environment", "production")

    def ask_for_production(self, url, pacticipant, version, *more, **expectations):
        return self.broker(url, "can-i-deploy", "--pacticipant", pacticipant, "--version", version,
                           "--to-environment", "production", *more, **expectations)


class OfficialCommands(Commands):
    """`pact broker …`, of npm's @pact-foundation/pact-cli."""

    YES, NO, UNKNOWN = 0, 1, 1

    def broker(self, url, *arguments, **expectations):
        return run([PACT, "broker", *arguments, "--broker-base-url", url], cwd=self.folder, **expectations)

    def can_i_deploy(self, url, pacticipant, version, expect):
        said = self.ask_for_production(url, pacticipant, version, expect=expect)
        assert f"Computer says {'yes' if expect == self.YES else 'no'}" in said, said


class OwnCommands(Commands):
    """`pactolus …`, which tells no from unknown by its exit code."""

    YES, NO, UNKNOWN = 0, 1, 4

    def broker(self, url, *arguments, **expectations):
        return run([BINARY, *arguments], cwd=self.folder, PACT_BROKER_BASE_URL=url, **expectations)

    def can_i_deploy(self, url, pacticipant, version, expect):
        said = json.loads(self.ask_for_production(url, pacticipant, version, "--json", expect=expect, stdout_only=True))
        assert said["summary"]["deployable"] is {self.YES: True, self.NO: False, self.UNKNOWN: None}[expect], said


def consumer_in_javascript(folder, pacts, consumer, provider):
    run([NODE, ROOT + "/e2e/consumers/shop.cjs", pacts, consumer, provider], cwd=folder, NODE_PATH=CLIENTS + "/npm/node_modules")


def consumer_in_python(folder, pacts, consumer, provider):
    run([PYTHON, ROOT + "/e2e/consumers/shop.py", pacts, consumer, provider], cwd=folder)


def verifier_in_javascript(folder, options, expect):
    return run([NODE, ROOT + "/e2e/verifiers/verify.cjs", json.dumps(options)], cwd=folder, expect=expect,
               NODE_PATH=CLIENTS + "/npm/node_modules")


def verifier_in_python(folder, options, expect):
    return run([PYTHON, ROOT + "/e2e/verifiers/verify.py", json.dumps(options)], cwd=folder, expect=expect)


def verifier_on_the_command_line(folder, options, expect, verifier=(PACT, "verifier")):
    selectors = [argument for selector in options["selectors"] for argument in ("--consumer-version-selectors", json.dumps(selector))]
    return run([*verifier, "--provider-name", options["provider"], "--hostname", "127.0.0.1",
                "--port", options["providerUrl"].rpartition(":")[2], "--state-change-url", options["providerUrl"] + "/_pact/state",
                "--broker-url", options["brokerUrl"], "--publish", "--provider-version", options["version"],
                "--provider-branch", options["branch"], "--build-url", options["buildUrl"], *selectors], cwd=folder, expect=expect)


def own_verifier(folder, options, expect):
    """The same command line as the official verifier's, but for the first word."""
    return verifier_on_the_command_line(folder, options, expect, verifier=[BINARY, "verify"])
