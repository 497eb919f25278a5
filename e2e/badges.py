"""What a badge says and in which colour: the reference redirects to an address that says so, we draw it."""

import html
import re
import urllib.parse

DRAWN_ELSEWHERE = "https://img.shields.io/badge/"
# Ours are dark enough to be read.
COLOURS = {"brightgreen": "#2e7d32", "red": "#c62828", "orange": "#b45309", "lightgrey": "#6b7280"}


def as_told(response):
    """An answer with a badge, redirected to or drawn, as JSON that says what it shows; any other answer as it is."""
    headers = response["headers"]
    if headers.get("location", "").startswith(DRAWN_ELSEWHERE):
        told = redirected_to(headers["location"])
    elif headers.get("content-type", "").startswith("image/svg+xml") and response["status"] == 200:
        told = drawn(response["body"])
    else:
        return response
    return {"status": 200, "headers": {"content-type": headers["content-type"]}, "json": {"badge": told}}


def redirected_to(address):
    """[`LABEL: MESSAGE`, colour]; a dash within a word is doubled there."""
    words = urllib.parse.unquote(address.removeprefix(DRAWN_ELSEWHERE).removesuffix(".svg")).replace("--", "\0").split("-")
    label, message, colour = [word.replace("\0", "-") for word in words]
    return [f"{label}: {message}", COLOURS[colour]]


def drawn(picture):
    said = re.search(r'aria-label="([^"]*)"', picture)
    colours = re.findall(r'<rect[^>]*fill="(#[0-9a-f]{6})"', picture)
    return [html.unescape(said[1]), colours[-1]]


def as_pattern(interaction):
    """A suite's exchange with a redirect to a badge, so that a picture is expected that says the same in the same colour."""
    response = interaction["response"]
    headers = {name.lower(): value for name, value in response.get("headers", {}).items()}
    if not headers.get("location", "").startswith(DRAWN_ELSEWHERE):
        return interaction
    said, colour = redirected_to(headers["location"])
    # What stands in braces stands for anything.
    picture = f'{{{{before}}}}aria-label="{html.escape(said)}"{{{{between}}}}fill="{colour}"/></g>{{{{after}}}}'
    picture_type = {"content-type": headers["content-type"]}
    return {**interaction, "response": {"status": 200, "headers": picture_type, "body": picture}}
