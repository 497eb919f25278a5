"""Checks signed messages with the library of Standard Webhooks. Reads JSON: a list of {secret, headers, body, is_good}."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def verifies(message):
    try:
        Webhook(message["secret"]).verify(message["body"].encode(), message["headers"])
        return True
    except WebhookVerificationError:
        return False


def main():
    messages = json.load(sys.stdin)
    for number, message in enumerate(messages):
        if verifies(message) != message["is_good"]:
            raise SystemExit(f"message {number} should{' ' if message['is_good'] else ' not '}verify: {message}")
    print(f"{len(messages)} messages are judged right")


main()
