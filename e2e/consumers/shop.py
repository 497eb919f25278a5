"""python shop.py DIR CONSUMER PROVIDER: the consumer's test with pact-python. Its mock provider writes the contract into DIR."""

import json
import sys
import urllib.error
import urllib.request

from pact import Pact, match


def stock_of(url, sku):
    """What the shop really runs."""
    try:
        with urllib.request.urlopen(f"{url}/stock/{sku}", timeout=10) as answer:
            return json.load(answer)["count"]
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return 0
        raise


def main(folder, consumer, provider):
    pact = Pact(consumer, provider).with_specification("V3")
    (pact.upon_receiving("a question for the stock of apples")
     .given("apples are in stock", sku="apples", count=7)
     .with_request("GET", "/stock/apples")
     .will_respond_with(200)
     .with_body({"sku": match.str("apples"), "count": match.int(7)}, "application/json"))
    (pact.upon_receiving("a question for the stock of unicorns")
     .given("unicorns are not sold")
     .with_request("GET", "/stock/unicorns")
     .will_respond_with(404))
    with pact.serve() as mock:
        assert stock_of(mock.url, "apples") == 7
        assert stock_of(mock.url, "unicorns") == 0
    pact.write_file(folder)


main(*sys.argv[1:])
