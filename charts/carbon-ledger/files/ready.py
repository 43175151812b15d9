"""Whether a ledger at an address is ready and has a checkpoint: `ready.py URL`. The exit code is 1 if not."""

import ssl
import sys
import urllib.error
import urllib.request
from pathlib import Path

AUTHORITY = Path("/run/carbon-ledger/authority/ca.crt")
SECONDS = 20


def main(url: str) -> int:
    context = ssl.create_default_context(cafile=str(AUTHORITY) if AUTHORITY.exists() else None)
    for path in ("/health/ready", "/log/checkpoint"):
        try:
            with urllib.request.urlopen(url + path, timeout=SECONDS, context=context) as answer:  # noqa: S310 - by the chart
                print(path, answer.status, answer.read(200).decode(errors="replace").split("\n")[0])
        except urllib.error.HTTPError as error:
            print(path, error.code, error.read(2000).decode(errors="replace"), file=sys.stderr)
            return 1
        except OSError as error:
            print(path, error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
