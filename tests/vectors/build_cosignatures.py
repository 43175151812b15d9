"""Rebuilds cosignatures.json with implementations that are not ours; run in an environment of its own with

    pip install aics-tlog==0.2.1 dilithium-py==1.5.1

Both sign deterministically here, so that a second run gives the same file.
"""

import base64
import hashlib
import json
from pathlib import Path

from aics_tlog.cosign import cosignature_vkey, sign_cosignature
from aics_tlog.note import Note, format_vkey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from dilithium_py.ml_dsa import ML_DSA_44

ORIGIN, SIZE, TIME = "example.com/behind-the-sofa", 20852163, 1679315147
ROOT = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
TEXT = f"{ORIGIN}\n{SIZE}\n{base64.b64encode(ROOT).decode()}\n"
NAME = "witness.example.com/w1"


def ed25519(extensions: list[str]) -> dict[str, object]:
    key = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
    _, line = sign_cosignature(key, NAME, TIME, ORIGIN, SIZE, ROOT, extensions)
    text = TEXT + "".join(one + "\n" for one in extensions)
    vkey = format_vkey(cosignature_vkey(NAME, key.public_key()))
    return {"seed": (bytes([7]) * 32).hex(), "vkey": vkey, "time": TIME, "note": Note(text, (line,)).serialise()}


def ml_dsa_44() -> dict[str, object]:
    """The message written out after the specification, signed by a pure Python ML-DSA."""
    public, secret = ML_DSA_44.key_derive(bytes([9]) * 32)
    name, origin = NAME.encode(), ORIGIN.encode()
    message = (
        b"subtree/v1\n\x00" + bytes([len(name)]) + name + TIME.to_bytes(8, "big") + bytes([len(origin)]) + origin
        + (0).to_bytes(8, "big") + SIZE.to_bytes(8, "big") + ROOT
    )
    signature = TIME.to_bytes(8, "big") + ML_DSA_44.sign(secret, message, deterministic=True)
    hashed = hashlib.sha256(name + b"\n\x06" + public).digest()[:4]
    vkey = f"{NAME}+{hashed.hex()}+{base64.b64encode(bytes([6]) + public).decode()}"
    line = f"— {NAME} {base64.b64encode(hashed + signature).decode()}\n"
    return {"seed": (bytes([9]) * 32).hex(), "vkey": vkey, "time": TIME, "message": message.hex(),
            "note": f"{TEXT}\n{line}"}


def main() -> None:
    found = {
        "source": "aics-tlog 0.2.1 (Ed25519) and dilithium-py 1.5.1 (ML-DSA-44) over the checkpoint of the example in "
                  "https://c2sp.org/tlog-cosignature; see build_cosignatures.py",
        "example": {
            "source": "https://c2sp.org/tlog-cosignature, first example (the witness's key is not published)",
            "name": NAME, "time": TIME,
            "line": f"— {NAME} jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZ"
                    "qhf5nNo0xUe+mbIUBkBIfZ+qnA==",
        },
        "ed25519": ed25519([]), "ed25519WithExtension": ed25519(["extension of another log"]), "mlDsa44": ml_dsa_44(),
    }
    path = Path(__file__).with_name("cosignatures.json")
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
