"""python verify.py OPTIONS: pact-python's Verifier with OPTIONS as JSON; exit 0 when the provider keeps its contracts."""

import json
import sys

from pact import Verifier


def main(options):
    url = options["providerUrl"]
    verifier = Verifier(options["provider"], host="127.0.0.1").add_transport(url=url)
    verifier.state_handler(url + "/_pact/state", body=True)
    source = verifier.broker_source(options["brokerUrl"], selector=True, use_env=False)
    source.provider_branch(options["branch"]).consumer_versions(*map(json.dumps, options["selectors"])).build()
    verifier.set_publish_options(options["version"], url=options["buildUrl"], branch=options["branch"])
    verifier.set_error_on_empty_pact(enabled=True)
    try:
        verifier.verify()
    except RuntimeError as error:
        print(error, verifier.output(strip_ansi=True), file=sys.stderr)
        sys.exit(1)


main(json.loads(sys.argv[1]))
