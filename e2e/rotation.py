"""The encryption key is changed, and the command that changes it is killed again and again: nothing that is secret is lost."""

import json
import os
import random
import subprocess
import urllib.request

from clients import run
from listener import Listener
from server import BINARY, STOPPED_WITHIN_S, Server, clean_environment, new_key
from postgres import Cluster

KILLS = 12
TOLD_WITHIN_S = 20


def a_key_in_a_file(folder):
    """The server is stopped; its private Postgres and the file of its key are changed."""
    data = folder + "/data"
    os.mkdir(data)
    server = Server(folder, data_dir=data)
    with Listener() as listener:
        try:
            server.start()
            keep_secrets(server.url, listener.url)
            before = key_of(data)
            server.stop()
            for kill in range(KILLS):
                rotate_and_kill(folder, f"--data-dir={data}", after_s=random.uniform(0, 1.5))
                if kill == KILLS // 2:
                    server.start()
                    publish_and_wait(server.url, listener, "in between")
                    server.stop()
            said = run([BINARY, "rotate-encryption-key", f"--data-dir={data}"], cwd=folder)
            assert "sealed with" in said, said
            assert len(key_of(data).split()) == 1 and key_of(data) not in before, "the file still holds a former key"
            server.start()
            publish_and_wait(server.url, listener, "after it")
            server.stop()
        finally:
            server.clean_up()


def a_key_in_variables(folder):
    """Two servers run meanwhile, as the guide says."""
    old, new = new_key(), new_key()
    with Cluster() as cluster, Listener() as listener:
        cluster.psql("--command", "create database pactolus")
        url = cluster.url("pactolus")
        with_both = {"PACTOLUS_ENCRYPTION_KEY": new, "PACTOLUS_PREVIOUS_ENCRYPTION_KEYS": old}
        first = Server(folder, "first", DATABASE_URL=url, PACTOLUS_ENCRYPTION_KEY=old)
        second = Server(folder, "second", DATABASE_URL=url, **with_both)
        try:
            first.start()
            keep_secrets(first.url, listener.url)
            second.start()
            publish_and_wait(second.url, listener, "by a server with both keys")
            first.stop()
            for _ in range(KILLS):
                rotate_and_kill(folder, after_s=random.uniform(0, 0.2), DATABASE_URL=url, **with_both)
            run([BINARY, "rotate-encryption-key"], cwd=folder, DATABASE_URL=url, **with_both)
            publish_and_wait(second.url, listener, "by a server that ran meanwhile")
            first.settings["PACTOLUS_ENCRYPTION_KEY"] = new
            first.start()
            second.stop()
            publish_and_wait(first.url, listener, "by a server with the new key alone")
            first.stop()
        finally:
            first.clean_up()
            second.clean_up()


def rotate_and_kill(folder, *arguments, after_s, **settings):
    process = subprocess.Popen([BINARY, "rotate-encryption-key", *arguments], cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=clean_environment(HOME=folder, **settings), start_new_session=True)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOPPED_WITHIN_S)


def key_of(data):
    with open(data + "/encryption.key", encoding="ascii") as file:
        return file.read().strip()


def keep_secrets(url, target):
    ask(url + "/secrets", {"name": "TOKEN", "value": "t0p-s3cret"})
    ask(url + "/webhooks", {
        "events": [{"name": "contract_published"}],
        "request": {"method": "POST", "url": target, "headers": {"X-Token": "${user.TOKEN}"}, "username": "ci", "password": "hunter2",
                    "body": {"version": "${pactbroker.consumerVersionNumber}"}},
    })


def publish_and_wait(url, listener, version):
    pact = {"consumer": {"name": "shop"}, "provider": {"name": "stock"}, "interactions": []}
    version = version.replace(" ", "-")
    ask(f"{url}/pacts/provider/stock/consumer/shop/version/{version}", pact, method="PUT")
    headers, _ = listener.wait_for(version, lambda body: body["version"] == version, TOLD_WITHIN_S)
    assert headers["X-Token"] == "t0p-s3cret" and headers["Authorization"] == "Basic Y2k6aHVudGVyMg==", dict(headers)


def ask(url, body, method="POST"):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
