"""Deliveries are signed, and the reference library of Standard Webhooks, as a receiver has it, can check them."""

import json
import os
import subprocess
import urllib.request

from clients import PYTHON, TIMEOUT_S
from listener import Listener
from server import ROOT, Server, clean_environment

TOLD_WITHIN_S = 20
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


def tell(folder):
    os.mkdir(folder + "/data")
    server = Server(folder, data_dir=folder + "/data")
    with Listener() as listener:
        try:
            server.start()
            body = {"version": "${pactbroker.consumerVersionNumber}", "text": "Zoë said \"ok\"", "list": [1, None, 2.50]}
            webhook = ask(server.url + "/webhooks", {
                "events": [{"name": "contract_published"}],
                "request": {"method": "POST", "url": listener.url, "body": body},
            })
            secrets = webhook["_links"]["pb:signing-secrets"]["href"]

            publish(server.url, listener, "1-unsigned")
            old = ask(secrets, {})["secret"]
            publish(server.url, listener, "2-old")
            new = ask(secrets, {})
            publish(server.url, listener, "3-both")
            first = ask(secrets)["_embedded"]["signingSecrets"][0]
            ask(first["_links"]["self"]["href"], method="DELETE")
            publish(server.url, listener, "4-new")
            server.stop()
        finally:
            server.clean_up()

        unsigned, *signed = zip([headers for headers, _ in listener.answered], listener.bodies)
        assert "webhook-signature" not in unsigned[0] and "webhook-timestamp" not in unsigned[0], dict(unsigned[0])
        with_old, with_both, with_new = signed
        new = new["secret"]
        check(folder, [
            judged(with_old, old, True), judged(with_old, new, False),
            judged(with_both, old, True), judged(with_both, new, True),
            judged(with_new, new, True), judged(with_new, old, False),
            judged((with_new[0], with_new[1] + " "), new, False),
            judged((with_both[0], with_new[1]), new, False),
        ])


def judged(message, secret, is_good):
    headers, body = message
    return {"secret": secret, "headers": {name: headers[name] for name in SIGNED}, "body": body, "is_good": is_good}


def check(folder, messages):
    done = subprocess.run([PYTHON, ROOT + "/e2e/verifiers/verify_signatures.py"], input=json.dumps(messages), text=True, cwd=folder,
                          env=clean_environment(HOME=folder), capture_output=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def publish(url, listener, version):
    pact = {"consumer": {"name": "shop"}, "provider": {"name": "stock"}, "interactions": []}
    ask(f"{url}/pacts/provider/stock/consumer/shop/version/{version}", pact, method="PUT")
    listener.wait_for(version, lambda body: body["version"] == version, TOLD_WITHIN_S)


def ask(url, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or "null")
