"""Rebuilds `keys.json`: keys, signatures and proofs of possession of every algorithm, and what must be refused.

    PYTHONPATH=.:tests python tests/vectors/build_keys.py

Seeds are fixed and both algorithms are deterministic (RFC 8032, RFC 6979), so the same code writes the same file. The
known answers are those of RFC 6979, appendix A.2.5 (P-256 with SHA-256), with s as n - s where it is above n/2.
"""

import json
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ledger.core.signatures.algorithms import ALGORITHMS, P256_ORDER
from ledger.core.signatures.signing import SigningKey, record_message

FILE: Final = Path(__file__).with_name("keys.json")
ORIGIN: Final = "test.example/log"
ORGANIZATION: Final = "urn:example:mill"
DIGEST: Final = bytes(range(32))
KIND: Final = 2

RFC6979: Final = {
    "source": "RFC 6979, A.2.5",
    "secret": "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
    "x": "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
    "y": "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
    "signatures": [
        {"message": "sample", "r": "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
         "s": "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
        {"message": "test", "r": "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
         "s": "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"},
    ],
}
P256_SPKI: Final = "3059301306072a8648ce3d020106082a8648ce3d030107034200"
"""DER of a P-256 SubjectPublicKeyInfo up to the point (RFC 5480)."""


def build() -> dict[str, Any]:
    """What `keys.json` holds, ready for JSON. Bytes are hex."""
    return {
        "about": "Rebuilt with no diff by tests/vectors/build_keys.py. Signatures are over "
                 "`carbon-ledger/record/v1` LF origin LF kind digest, possession over `carbon-ledger/key/v1` LF origin "
                 "LF organization LF keyid.",
        "origin": ORIGIN, "organization": ORGANIZATION, "digest": DIGEST.hex(), "kind": KIND,
        "keys": [_valid(algorithm, seed) for algorithm in ALGORITHMS for seed in (0, 1, 2)],
        "rfc6979": RFC6979,
        "refusedSignatures": _refused_signatures(),
        "refusedKeys": _refused_keys(),
    }


def encoded(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=1) + "\n"


def _key(algorithm: str, seed: int) -> SigningKey:
    return SigningKey.from_seed(bytes([seed]) * 32, algorithm)


def _valid(algorithm: str, seed: int) -> dict[str, str]:
    key = _key(algorithm, seed)
    return {
        "algorithm": algorithm, "seed": (bytes([seed]) * 32).hex(), "spki": key.spki.hex(), "keyid": key.keyid.hex(),
        "signature": key.sign_record(ORIGIN, KIND, DIGEST).hex(),
        "possession": key.prove_possession(ORIGIN, ORGANIZATION).hex(),
    }


def _refused_signatures() -> list[dict[str, str]]:
    """Of the first P-256 key, over the record's message."""
    key = _key("p256", 0)
    good = key.sign_record(ORIGIN, KIND, DIGEST)
    r, s = int.from_bytes(good[:32], "big"), int.from_bytes(good[32:], "big")

    def pair(one: int, other: int) -> bytes:
        return one.to_bytes(32, "big") + other.to_bytes(32, "big")

    private = ALGORITHMS["p256"].from_seed(bytes(32)).key
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TypeError("a key of P-256 is one")
    cases = {
        "s above n/2": (pair(r, P256_ORDER - s), "high-s"),
        "s is n/2 and a half": (pair(r, P256_ORDER // 2 + 1), "high-s"),
        "s is n - 1": (pair(r, P256_ORDER - 1), "high-s"),
        "s at n/2": (pair(r, P256_ORDER // 2), "wrong-signature"),
        "r is zero": (pair(0, s), "wrong-signature"),
        "s is zero": (pair(r, 0), "wrong-signature"),
        "both zero": (bytes(64), "wrong-signature"),
        "r is n": (pair(P256_ORDER, s), "wrong-signature"),
        "s is n": (pair(r, P256_ORDER), "wrong-signature"),
        "r is n, s above n/2": (pair(P256_ORDER, P256_ORDER - s), "wrong-signature"),
        "all ones": (b"\xff" * 64, "wrong-signature"),
        "r and s are one": (pair(1, 1), "wrong-signature"),
        "halves swapped": (good[32:] + good[:32], "high-s"),
        "little-endian": (good[:32][::-1] + good[32:][::-1], "wrong-signature"),
        "cut": (good[:-1], "wrong-signature"),
        "a byte more": (good + b"\0", "wrong-signature"),
        "empty": (b"", "wrong-signature"),
        "DER for raw": (_der(r, s), "wrong-signature"),
        "another message": (key.sign_record(ORIGIN, KIND, bytes(32)), "wrong-signature"),
        "another ledger": (key.sign_record("other.example/log", KIND, DIGEST), "wrong-signature"),
        "another key": (_key("p256", 1).sign_record(ORIGIN, KIND, DIGEST), "wrong-signature"),
        "Ed25519 for P-256": (_key("ed25519", 0).sign_record(ORIGIN, KIND, DIGEST), "high-s"),
        "a proof of possession": (key.prove_possession(ORIGIN, ORGANIZATION), "wrong-signature"),
    }
    return [
        {"fault": fault, "spki": key.spki.hex(), "message": record_message(ORIGIN, KIND, DIGEST).hex(),
         "signature": signature.hex(), "code": code} for fault, (signature, code) in cases.items()
    ]


def _der(r: int, s: int) -> bytes:
    """SEQUENCE of two INTEGERs, written out."""
    parts = b"".join([
        b"\x02" + bytes([len(one)]) + one for one in (n.to_bytes((n.bit_length() + 8) // 8, "big") for n in (r, s))
    ])
    return b"\x30" + bytes([len(parts)]) + parts


def _refused_keys() -> list[dict[str, str]]:
    x, y = bytes.fromhex(RFC6979["x"]), bytes.fromhex(RFC6979["y"])  # type: ignore[arg-type]
    point = bytes.fromhex(P256_SPKI) + b"\x04" + x + y
    compressed = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + bytes([2 + (y[-1] & 1)]) + x
    others: dict[str, ec.EllipticCurve] = {
        "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1(), "secp256k1": ec.SECP256K1(),
    }
    cases = {
        "not on the curve": (point[:-1] + bytes([point[-1] ^ 1]), "invalid-key"),
        "x and y are zero": (bytes.fromhex(P256_SPKI) + b"\x04" + bytes(64), "invalid-key"),
        "x is above p": (bytes.fromhex(P256_SPKI) + b"\x04" + b"\xff" * 32 + y, "invalid-key"),
        "the neutral point": (bytes.fromhex("3019301306072a8648ce3d020106082a8648ce3d03010703020000"), "invalid-key"),
        "compressed": (compressed, "invalid-key"),
        "hybrid form": (bytes.fromhex(P256_SPKI) + bytes([6 + (y[-1] & 1)]) + x + y, "invalid-key"),
        "a byte more": (point + b"\0", "invalid-key"),
        "no curve named": (bytes.fromhex("304f300906072a8648ce3d0201034200") + b"\x04" + x + y, "invalid-key"),
        "point for a key": (b"\x04" + x + y, "invalid-key"),
        **{name: (_spki(curve), "unsupported-key") for name, curve in others.items()},
    }
    return [{"fault": fault, "spki": spki.hex(), "code": code} for fault, (spki, code) in cases.items()]


def _spki(curve: ec.EllipticCurve) -> bytes:
    public = ec.derive_private_key(7, curve).public_key()
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


if __name__ == "__main__":
    FILE.write_text(encoded(build()), encoding="utf-8")
