#!/usr/bin/env python3
"""Times requests against a seeded database, and shows what each statement behind them costs.

    measure.py times --database-url URL [--server target/release/pactolus] [--count 50]
    measure.py plans --database-url URL --postgres-log FILE [--generic] [--only WORD] [--trees]

Both start a server of their own on that database and ask, one after the other, what clients ask: about a typical
application, about the busiest one, and about a hub with hundreds of consumers. Writes add versions and results, so use
a database that was made for it.

`plans` reads what auto_explain writes into Postgres' log, which the database user must be allowed to switch on: each
statement with the plan it really had, its buffers and its time. With `--generic` all plans are made without looking at
the parameters, as Postgres may do from the sixth execution on.
"""

import argparse
import base64
import collections
import glob
import http.client
import json
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))))
LARGE_ROWS = 5000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["times", "plans"])
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--server", default=os.path.join(ROOT, os.environ.get("CARGO_TARGET_DIR", "target"), "release/pactolus"))
    parser.add_argument("--count", type=int, default=None, help="requests of each kind (50; for plans 8)")
    parser.add_argument("--postgres-log")
    parser.add_argument("--generic", action="store_true")
    parser.add_argument("--only", help="only requests whose name contains this")
    parser.add_argument("--trees", action="store_true", help="print the plans")
    arguments = parser.parse_args()
    database = Database(arguments.database_url)
    cast = Cast(database)
    options = []
    if arguments.mode == "plans":
        options = ["session_preload_libraries=auto_explain", "auto_explain.log_min_duration=0", "auto_explain.log_analyze=on",
                   "auto_explain.log_buffers=on", "auto_explain.log_timing=off", "auto_explain.log_format=json"]
        if arguments.generic:
            options.append("plan_cache_mode=force_generic_plan")
    with Server(arguments.server, arguments.database_url, options) as server:
        asked = requests(cast, server)
        if arguments.only:
            asked = [one for one in asked if arguments.only in one.name]
        if arguments.mode == "times":
            times(server, asked, arguments.count or 50)
        else:
            plans(server, asked, arguments, database)


class Database:
    def __init__(self, url):
        self.url = url

    def rows(self, statement):
        done = subprocess.run(["psql", "--no-psqlrc", "-qAt", "-F", "\t", "-d", self.url, "-c", statement], check=True,
                              stdout=subprocess.PIPE, text=True)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def row(self, statement):
        return self.rows(statement)[0]


class Cast:
    """Who is asked about."""

    def __init__(self, database):
        self.database = database
        self.hub, self.hub_id, self.hub_branch = database.row(
            "select name, id, main_branch from pacticipant join integration on provider_id = id"
            " group by 1, 2, 3 order by count(*) desc, name limit 1")
        busy = database.row(
            "select pacticipant.name, pacticipant.id, main_branch from version join pacticipant on pacticipant.id = pacticipant_id"
            " group by 1, 2, 3 order by count(*) desc limit 1")
        # In the middle by number of versions, among those that consume and provide.
        typical = database.row(
            "select name, id, main_branch from (select pacticipant.name, pacticipant.id, main_branch, count(*) as versions"
            " from version join pacticipant on pacticipant.id = pacticipant_id"
            " where (select count(*) from integration where consumer_id = pacticipant.id) between 2 and 3"
            " and (select count(*) from integration where provider_id = pacticipant.id) between 1 and 5"
            " group by 1, 2, 3) as one order by versions, name offset"
            " (select count(*) / 2 from pacticipant where (select count(*) from integration where consumer_id = id) between 2 and 3"
            " and (select count(*) from integration where provider_id = id) between 1 and 5) limit 1")
        tagged = database.row(
            "select pacticipant.name, pacticipant.id, main_branch from tag join pacticipant on pacticipant.id = pacticipant_id"
            " where exists (select from integration where consumer_id = pacticipant.id)"
            " group by 1, 2, 3 order by count(*) desc limit 1")
        self.tagged = Application(database, *tagged)
        self.busy, self.typical = Application(database, *busy), Application(database, *typical)
        self.hub_head = head(database, self.hub_id, self.hub_branch)
        # The busiest consumer of the hub.
        name, identity, branch = database.row(
            "select pacticipant.name, pacticipant.id, main_branch from integration join pacticipant on pacticipant.id = consumer_id"
            f" where provider_id = {self.hub_id} order by (select count(*) from version where pacticipant_id = pacticipant.id) desc limit 1")
        self.hub_consumer = Application(database, name, identity, branch, provider=(self.hub, self.hub_id))
        self.environment_id = database.row("select id from environment where name = 'production'")[0]


class Application:
    def __init__(self, database, name, identity, branch, provider=None):
        self.name, self.id, self.branch = name, identity, branch
        self.head = head(database, identity, branch)
        self.providers = [row[0] for row in database.rows(
            f"select name from integration join pacticipant on id = provider_id where consumer_id = {identity} order by name")]
        self.provider, provider_id = provider or database.row(
            f"select name, id from integration join pacticipant on id = provider_id where consumer_id = {identity} order by name limit 1")
        # Content that many versions share.
        self.sha, self.content_id = database.row(
            "select sha, contract_content.id from contract join contract_content on contract_content.id = content_id"
            f" where contract.consumer_id = {identity} and contract.provider_id = {provider_id}"
            " group by 1, 2 order by count(*) desc limit 1")
        self.content, = database.row(f"select content from contract_content where id = {self.content_id}")
        self.first_result, = database.row(f"select min(number) from verification_log where content_id = {self.content_id}")
        feature = database.rows(f"select name from branch where pacticipant_id = {identity} and name <> '{branch}' order by 1 limit 1")
        self.feature = feature[0][0] if feature else branch


def head(database, identity, branch):
    return database.row("select number from branch_head join version on version.id = version_id"
                        f" where branch_head.pacticipant_id = {identity} and branch = '{branch}'")[0]


class Server:
    def __init__(self, binary, database_url, options):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = tempfile.TemporaryDirectory(prefix="pactolus-measure-")
        query = "&".join("options=" + urllib.parse.quote(f"-c {option}") for option in options)
        if query:
            database_url += ("&" if "?" in database_url else "?") + query
        # Always the same key, so that the next run can open what this one sealed.
        environment = {"PACTOLUS_ENCRYPTION_KEY": base64.b64encode(bytes(32)).decode(), **os.environ,
                       "DATABASE_URL": database_url, "HOME": self.folder.name, "RUST_LOG": "warn"}
        command = [binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", self.folder.name + "/data",
                   "--role", "web"]
        self.log = open(self.folder.name + "/log", "w+b")
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.connection = None

    def __enter__(self):
        for _ in range(300):
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    break
            except OSError:
                if self.process.poll() is not None:
                    self.log.seek(0)
                    raise SystemExit(self.log.read().decode())
                time.sleep(0.1)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.folder.cleanup()

    def ask(self, request):
        """Returns seconds, status and body."""
        method, path, body, *kind = request.make()
        headers = {"Accept": "application/hal+json, application/json;q=0.5"}
        if body is not None:
            body = body if isinstance(body, str) else json.dumps(body)
            headers["Content-Type"] = kind[0] if kind else "application/json"
        started = time.perf_counter()
        self.connection.request(method, path, body=body, headers=headers)
        response = self.connection.getresponse()
        answer = response.read()
        took = time.perf_counter() - started
        if response.status >= 400:
            raise Refused(f"{request.name}: {response.status}: {answer[:200].decode()}")
        return took, response.status, answer


class Refused(Exception):
    """An answer of 400 or more."""


Request = collections.namedtuple("Request", "name make")


def requests(cast, server):
    def quoted(text):
        return urllib.parse.quote(text, safe="")

    def get(name, path):
        return Request(name, lambda: ("GET", path, None))

    def can_i_deploy(name, version):
        return f"/can-i-deploy?pacticipant={quoted(name)}&version={version}&environment=production"

    def matrix(*selectors, extra="&latestby=cvpv"):
        chosen = "".join(f"&q[][pacticipant]={quoted(name)}" + (f"&q[][version]={version}" if version else "")
                         for name, version in selectors)
        return f"/matrix?{chosen[1:]}{extra}"

    def for_verification(name, provider, branch):
        body = {"consumerVersionSelectors": [{"mainBranch": True}, {"deployedOrReleased": True}], "includePendingStatus": True,
                "providerVersionBranch": branch}
        return Request(name, lambda: ("POST", f"/pacts/provider/{quoted(provider)}/for-verification", body))

    def pending_for_tag(name, provider, tag):
        body = {"consumerVersionSelectors": [{"mainBranch": True}], "includePendingStatus": True, "providerVersionTags": [tag]}
        return Request(name, lambda: ("POST", f"/pacts/provider/{quoted(provider)}/for-verification", body))

    def matching_branch(name, provider, branch):
        body = {"consumerVersionSelectors": [{"mainBranch": True}, {"matchingBranch": True}, {"tag": "prod", "latest": True}],
                "providerVersionBranch": branch}
        return Request(name, lambda: ("POST", f"/pacts/provider/{quoted(provider)}/for-verification", body))

    def publish(name, application, branch, new_content=False):
        def make():
            pact = json.loads(application.content)
            if new_content:
                pact["interactions"][0]["description"] = "a request " + secrets.token_hex(8)
            content = base64.b64encode(json.dumps(pact).encode()).decode()
            return "POST", "/contracts/publish", {
                "pacticipantName": application.name, "pacticipantVersionNumber": secrets.token_hex(20), "branch": branch(),
                "contracts": [{"consumerName": application.name, "providerName": application.provider, "specification": "pact",
                               "contentType": "application/json", "content": content}]}
        return Request(name, make)

    def result(name, application):
        path = (f"/pacts/provider/{quoted(application.provider)}/consumer/{quoted(application.name)}"
                f"/pact-version/{application.sha}/verification-results")
        return Request(name, lambda: ("POST", path, {"success": True, "providerApplicationVersion": secrets.token_hex(20),
                                                     "buildUrl": "https://ci.example.org/1"}))

    def deployment(name, application):
        path = (f"/pacticipants/{quoted(application.name)}/versions/{application.head}/deployed-versions/environment/"
                f"{cast.environment_id}")
        return Request(name, lambda: ("POST", path, {}))

    def tag(name, application):
        path = f"/pacticipants/{quoted(application.name)}/versions/{application.head}/tags/"
        return Request(name, lambda: ("PUT", path + "t" + secrets.token_hex(4), {}))

    typical, busy, consumer = cast.typical, cast.busy, cast.hub_consumer
    asked = [
        get("can-i-deploy, typical", can_i_deploy(typical.name, typical.head)),
        get("can-i-deploy, busiest", can_i_deploy(busy.name, busy.head)),
        get("can-i-deploy, hub", can_i_deploy(cast.hub, cast.hub_head)),
        get("can-i-deploy by main branch, hub", matrix((cast.hub, None), extra="&q[][mainBranch]=true&q[][latest]=true"
                                                       "&environment=production&latestby=cvp")),
        get("matrix of two versions, typical", matrix((typical.name, typical.head), (typical.provider, None))),
        get("matrix of two versions, every result, hub", matrix((consumer.name, consumer.head), (cast.hub, cast.hub_head), extra="")),
        get("matrix of a pair, typical", f"/matrix/provider/{quoted(typical.provider)}/consumer/{quoted(typical.name)}"),
        get("matrix of a pair, hub", f"/matrix/provider/{quoted(consumer.provider)}/consumer/{quoted(consumer.name)}"),
        get("matrix of a hub's version alone", matrix((cast.hub, cast.hub_head))),
        for_verification("pacts for verification, typical", typical.provider, "main"),
        for_verification("pacts for verification, hub", cast.hub, cast.hub_branch),
        for_verification("pacts for verification, hub, new branch", cast.hub, "feat/unheard-of"),
        matching_branch("pacts for verification by matching branch and tag, hub", cast.hub, cast.hub_branch),
        pending_for_tag("pacts for verification, pending by tag, hub", cast.hub, cast.hub_branch),
        publish("publish the same content, typical", typical, lambda: typical.branch),
        publish("publish new content, typical", typical, lambda: typical.branch, new_content=True),
        publish("publish the same content, to hub", consumer, lambda: consumer.branch),
        publish("publish new content on a new branch, to hub", consumer, lambda: "feat/" + secrets.token_hex(4), new_content=True),
        result("publish a result, typical", typical),
        result("publish a result, hub", consumer),
        get("contract by content, typical", f"/pacts/provider/{quoted(typical.provider)}/consumer/{quoted(typical.name)}"
                                            f"/pact-version/{typical.sha}"),
        get("contract by content, hub", f"/pacts/provider/{quoted(consumer.provider)}/consumer/{quoted(consumer.name)}"
                                        f"/pact-version/{consumer.sha}"),
        get("latest contract by tag, busiest with tags", f"/pacts/provider/{quoted(cast.tagged.provider)}/consumer"
                                                         f"/{quoted(cast.tagged.name)}/latest/{cast.tagged.branch}"),
        get("latest contract, hub", f"/pacts/provider/{quoted(consumer.provider)}/consumer/{quoted(consumer.name)}/latest"),
        get("first result of a content, hub", f"/pacts/provider/{quoted(consumer.provider)}/consumer/{quoted(consumer.name)}"
                                              f"/pact-version/{consumer.sha}/verification-results/{consumer.first_result}"),
        get("latest contracts of a provider, hub", f"/pacts/provider/{quoted(cast.hub)}/latest"),
        get("latest contracts of a provider by tag, hub", f"/pacts/provider/{quoted(cast.hub)}/latest/prod"),
        deployment("record a deployment, typical", typical),
        tag("put a tag, busiest", busy),
        get("latest version, busiest", f"/pacticipants/{quoted(busy.name)}/latest-version"),
        get("a version, busiest", f"/pacticipants/{quoted(busy.name)}/versions/{busy.head}"),
        get("deployments of a version, busiest", f"/pacticipants/{quoted(busy.name)}/versions/{busy.head}"
                                                 f"/deployed-versions/environment/{cast.environment_id}"),
        get("page of versions, busiest", f"/pacticipants/{quoted(busy.name)}/versions?page=1&size=20"),
        get("page of a branch's versions, busiest", f"/pacticipants/{quoted(busy.name)}/branches/{quoted(busy.feature)}"
                                                    "/versions?page=1&size=20"),
        get("page of branches, busiest", f"/pacticipants/{quoted(busy.name)}/branches?page=1&size=20"),
        get("a pacticipant, busiest", f"/pacticipants/{quoted(busy.name)}"),
        get("page of pacticipants", "/pacticipants?page=3&size=20"),
        get("what an application has in production", f"/environments/{cast.environment_id}/deployed-versions/currently-deployed"
                                                     f"?pacticipant={quoted(busy.name)}"),
        get("all that is in production", f"/environments/{cast.environment_id}/deployed-versions/currently-deployed"),
        get("latest contracts of all", "/pacts/latest"),
    ]
    return asked


def times(server, asked, count):
    print(f"{'request':<55} {'median ms':>9} {'p95 ms':>8} {'max ms':>8} {'KiB':>7}   n={count}")
    for request in asked:
        taken = []
        try:
            for _ in range(count + 3):
                took, _, answer = server.ask(request)
                taken.append(took * 1000)
                if sum(taken) > 60_000:
                    break
        except Refused as refused:
            print(refused)
            continue
        taken = sorted(taken[3:]) or taken
        p95 = taken[min(len(taken) - 1, int(len(taken) * 0.95))]
        few = f"   (only {len(taken)})" if len(taken) < count else ""
        print(f"{request.name:<55} {statistics.median(taken):>9.1f} {p95:>8.1f} {taken[-1]:>8.1f} {len(answer) / 1024:>7.0f}{few}",
              flush=True)


def plans(server, asked, arguments, database):
    functions = statements()
    large = {name for name, rows in database.rows("select relname, reltuples::bigint from pg_class where relkind = 'r'")
             if int(rows) >= LARGE_ROWS}
    for request in asked:
        try:
            server.ask(request)
        except Refused as refused:
            print(f"\n{refused}")
            continue
        count = arguments.count or 8
        time.sleep(0.05)
        start = os.path.getsize(arguments.postgres_log)
        for _ in range(count):
            server.ask(request)
        time.sleep(0.1)
        found = collections.OrderedDict()
        for duration, plan in explained(arguments.postgres_log, start):
            found.setdefault(" ".join(plan["Query Text"].split()), []).append((duration, plan))
        total = sum(buffers(plan["Plan"]) for executions in found.values() for _, plan in executions) / count
        calls = sum(len(executions) for executions in found.values()) / count
        print(f"\n{request.name}: {calls:.0f} statements, {total:.0f} buffers")
        for text, executions in found.items():
            jit = "   JIT" if any("JIT" in plan for _, plan in executions) else ""
            executions = [(duration, plan["Plan"]) for duration, plan in executions]
            scans = sorted({node["Relation Name"] for _, plan in executions for node in nodes(plan)
                            if node["Node Type"] == "Seq Scan" and node.get("Actual Loops") and node["Relation Name"] in large})
            name = functions.get(text, text[:60])
            mean = sum(buffers(plan) for _, plan in executions) / len(executions)
            slowest = statistics.median(duration for duration, _ in executions)
            rows = executions[-1][1].get("Actual Rows", 0)
            note = f"   SEQ SCAN {', '.join(scans)}" if scans else ""
            print(f"  {name:<58} x{len(executions) / count:<4.0f} {mean:>8.0f} buffers {slowest:>8.2f} ms {rows:>6.0f} rows{note}{jit}")
            if arguments.trees:
                print_tree(executions[-1][1], 4)
        sys.stdout.flush()


def statements():
    """Function by statement text, read from the sources."""
    functions = {}
    for path in glob.glob(ROOT + "/crates/server/src/**/*.rs", recursive=True):
        if "store" not in path:
            continue
        with open(path, encoding="utf-8") as file:
            source = file.read()
        slice_name = os.path.relpath(path, ROOT + "/crates/server/src").split("/")[0]
        for match in re.finditer(r'r#"(.*?)"#|query\w*!\(\s*"(.*?)"', source, re.S):
            text = " ".join((match.group(1) or match.group(2)).split())
            names = re.findall(r"fn (\w+)", source[:match.start()])
            functions.setdefault(text, f"{slice_name}::{names[-1] if names else '?'}")
    return functions


def explained(path, start):
    with open(path, encoding="utf-8", errors="replace") as file:
        file.seek(start)
        log = file.read()
    decoder = json.JSONDecoder()
    for match in re.finditer(r"duration: ([\d.]+) ms  plan:\n", log):
        plan, _ = decoder.raw_decode(log[match.end():].lstrip("\t").replace("\n\t", "\n").lstrip())
        yield float(match.group(1)), plan


def buffers(plan):
    return plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0)


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def print_tree(plan, indent):
    what = " ".join(str(plan[key]) for key in ("Node Type", "Join Type", "Index Name", "Relation Name", "CTE Name") if key in plan)
    conditions = "; ".join(f"{key}: {plan[key]}" for key in ("Index Cond", "Filter", "Hash Cond", "Join Filter", "Recheck Cond") if key in plan)
    removed = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Join Filter", 0)
    print(" " * indent + f"{what}  est {plan['Plan Rows']} act {plan.get('Actual Rows', 0)} x{plan.get('Actual Loops', 0)}"
          f" buffers {buffers(plan)}" + (f" removed {removed}" if removed else "") + (f"  [{conditions[:200]}]" if conditions else ""))
    for child in plan.get("Plans", []):
        print_tree(child, indent + 2)


if __name__ == "__main__":
    main()
