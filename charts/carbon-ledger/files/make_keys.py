"""Makes keys and stores each in a Secret of its own: `make_keys.py SECRET=FILE... --account FOLDER`.

A Secret that exists stays as it is, so this is safe to repeat: the key in use never changes. The account of this job
may create Secrets, and may neither read nor change them.
"""

import argparse
import base64
import json
import os
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

EXISTS = 409
SECONDS = 30


def new_key(name: str, passphrase_file: str | None) -> bytes:
    """A new private key, made by `carbon-ledger key new` in a folder that is gone afterwards."""
    options = [] if passphrase_file is None else ["--passphrase-file", passphrase_file]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        subprocess.run(
            [sys.executable, "-m", "ledger.cli", "key", "new", *options, str(path)], stdout=subprocess.DEVNULL,
            check=True,
        )
        return path.read_bytes()


def create(secret: str, file: str, content: bytes, account: Path) -> bool:
    """Creates the Secret durably. Returns False if it exists already."""
    namespace = account.joinpath("namespace").read_text(encoding="utf-8").strip()
    body = {
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": secret, "labels": {"app.kubernetes.io/name": "carbon-ledger"}},
        "data": {file: base64.b64encode(content).decode()},
    }
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    address = f"[{host}]" if ":" in host else host
    request = urllib.request.Request(
        f"https://{address}:{port}/api/v1/namespaces/{namespace}/secrets", json.dumps(body).encode(),
        {"Authorization": f"Bearer {account.joinpath('token').read_text(encoding='utf-8').strip()}",
         "Content-Type": "application/json"},
    )
    trusted = ssl.create_default_context(cafile=str(account / "ca.crt"))
    try:
        with urllib.request.urlopen(request, timeout=SECONDS, context=trusted):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        if error.code == EXISTS:
            return False
        sys.exit(f"error: cannot create the Secret {secret}: {error.code} {error.read(2000).decode(errors='replace')}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keys", nargs="+", metavar="SECRET=FILE")
    parser.add_argument("--passphrase-file")
    parser.add_argument("--account", type=Path, required=True, help="folder with token, ca.crt and namespace")
    options = parser.parse_args()
    for pair in options.keys:
        secret, _, file = pair.partition("=")
        made = create(secret, file, new_key(file, options.passphrase_file), options.account)
        print(f"{'made a key in' if made else 'kept'} the Secret {secret}", file=sys.stderr)


if __name__ == "__main__":
    main()
