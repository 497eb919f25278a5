"""python verify_file.py OPTIONS: pact-python's Verifier holds a provider against a contract in a file; prints its results as JSON."""

import json
import sys

from pact import Verifier


def main(options):
    verifier = Verifier(options["provider"], host="127.0.0.1").add_transport(url=options["providerUrl"])
    verifier.state_handler(options["providerUrl"] + "/_pact/state", body=True)
    verifier.add_source(options["file"])
    try:
        verifier.verify()
    except RuntimeError:
        pass
    print(json.dumps(verifier.results))


main(json.loads(sys.argv[1]))
