"""C2SP tlog-cosignature: a witness's signature on a checkpoint that is consistent with all that it saw before.

A note can have two types of such lines. Type 0x04: Ed25519 over `cosignature/v1\\ntime T\\n` and the whole text. Type
0x06: ML-DSA-44 over the bytes of a `cosigned_message` that names cosigner, time, origin, size and root. In both, the
signature follows a time in POSIX seconds (8 bytes, big-endian). `Cosigner` and `CosignatureVerifier` plug into the
functions that sign and verify notes; these ignore lines of unknown keys.
"""

import base64
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.core.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.log.note import check_key_hash, check_name, key_hash, parse_note, split_vkey
from ledger.core.signatures.signing import load_spki
from ledger.errors import InvalidKey, InvalidNote, VerificationError

ED25519 = b"\x04"
ML_DSA_44 = b"\x06"
MAX_TIME = 2**63 - 1
TIME_BYTES = 8

_SIGNATURE_BYTES = {ED25519: 64, ML_DSA_44: 2420}
_LABEL = b"subtree/v1\n\0"
_LONGEST_NAME = 255

PrivateKey = Ed25519PrivateKey | MLDSA44PrivateKey
PublicKey = Ed25519PublicKey | MLDSA44PublicKey


class CosignatureVerifier:
    """A witness's key, by its name."""

    def __init__(self, name: str, key: PublicKey) -> None:
        check_name(name)
        self.type = ED25519 if isinstance(key, Ed25519PublicKey) else ML_DSA_44
        if self.type == ML_DSA_44 and len(name.encode()) > _LONGEST_NAME:
            raise InvalidNote(f"a cosigner's name is at most {_LONGEST_NAME} bytes", field="name", value=name)
        self.name = name
        self.material = key.public_bytes_raw()
        self.key_hash = key_hash(name, self.type + self.material)
        self._key = key

    @property
    def vkey(self) -> str:
        """The text that names this key to others."""
        return f"{self.name}+{self.key_hash.hex()}+{base64.b64encode(self.type + self.material).decode()}"

    def verify(self, text: str, signature: bytes) -> None:
        """Returns if the key cosigned the checkpoint `text`; raises VerificationError if not."""
        self.time_of(text, signature)

    def time_of(self, text: str, signature: bytes) -> int:
        """When the key says it cosigned the checkpoint, in POSIX seconds. Raises VerificationError."""
        time = int.from_bytes(signature[:TIME_BYTES], "big")
        if len(signature) != TIME_BYTES + _SIGNATURE_BYTES[self.type] or time > MAX_TIME:
            raise VerificationError(f"the cosignature by {self.name} is malformed for its type", field="note")
        try:
            self._key.verify(signature[TIME_BYTES:], signed_message(self.type, self.name, text, time))
        except InvalidSignature as error:
            raise VerificationError(f"the cosignature by {self.name} does not hold", field="note") from error
        return time


class Cosigner:
    """A witness's key with the time at which it signs: it signs notes whose text is a checkpoint."""

    def __init__(self, name: str, key: PrivateKey, time: int) -> None:
        if not 0 < time <= MAX_TIME:
            raise InvalidNote("the time of a cosignature is out of range", field="time", value=time)
        self.verifier = CosignatureVerifier(name, key.public_key())
        self.name = name
        self.key_hash = self.verifier.key_hash
        self._key = key
        self._time = time

    def sign(self, text: str) -> bytes:
        """Time and signature. ML-DSA-44 gives different bytes each time; all of them are valid."""
        message = signed_message(self.verifier.type, self.name, text, self._time)
        return self._time.to_bytes(TIME_BYTES, "big") + self._key.sign(message)


def signed_message(type_: bytes, name: str, text: str, time: int) -> bytes:
    """The bytes that a cosigner signs. Raises InvalidNote if `text` is not a checkpoint."""
    checkpoint = parse_checkpoint(text, extensions=True)
    if type_ == ED25519:
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    return _cosigned_message(name.encode(), checkpoint, time)


def _cosigned_message(name: bytes, checkpoint: Checkpoint, time: int) -> bytes:
    """The whole tree as the subtree from leaf 0 to its size."""
    origin = checkpoint.origin.encode()
    if len(origin) > _LONGEST_NAME:
        raise InvalidNote(f"an origin that ML-DSA-44 cosigns is at most {_LONGEST_NAME} bytes", field="origin")
    return b"".join((
        _LABEL, bytes((len(name),)), name, time.to_bytes(8, "big"), bytes((len(origin),)), origin,
        bytes(8), checkpoint.size.to_bytes(8, "big"), checkpoint.root,
    ))


def parse_cosigner_vkey(text: str) -> CosignatureVerifier:
    """The witness's key that a vkey names. Raises InvalidNote if `text` is not a vkey, InvalidKey if this program
    cannot use the key."""
    name, hashed, data = split_vkey(text)
    verifier = CosignatureVerifier(name, _public_key(data, text))
    check_key_hash(verifier, hashed, text)
    return verifier


def _public_key(data: bytes, text: str) -> PublicKey:
    kinds: dict[bytes, type[Ed25519PublicKey] | type[MLDSA44PublicKey]] = {
        ED25519: Ed25519PublicKey, ML_DSA_44: MLDSA44PublicKey,
    }
    kind = kinds.get(data[:1])
    if kind is None:
        raise InvalidNote("a key of this vkey's type cannot cosign", field="vkey", value=text,
                          rule="type 0x04 (Ed25519) or 0x06 (ML-DSA-44), after C2SP tlog-cosignature")
    try:
        key = kind.from_public_bytes(data[1:])
    except ValueError as error:
        raise InvalidNote("the vkey does not hold a key of its type", field="vkey", value=text,
                          rule="32 bytes of Ed25519, 1312 of ML-DSA-44") from error
    except UnsupportedAlgorithm as error:
        raise InvalidKey("the cryptographic library of this installation lacks ML-DSA-44", code="unsupported-key",
                         field="vkey", value=text, rule="an Ed25519 key, or a library that has ML-DSA-44") from error
    if isinstance(key, Ed25519PublicKey):
        # Anyone can sign under a key of small order.
        load_spki(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), "vkey")
    return key


def cosignature_line(cosigner: Cosigner, text: str) -> str:
    """The line, with its newline, that a witness answers."""
    return f"— {cosigner.name} {base64.b64encode(cosigner.key_hash + cosigner.sign(text)).decode()}\n"


def cosigned_at(note: str, verifiers: Sequence[CosignatureVerifier]) -> dict[bytes, int]:
    """When each of these keys cosigned the note's checkpoint, by key hash: the latest time if it did so twice. Keys
    that did not cosign are omitted. Raises VerificationError if a line by one of the keys does not hold."""
    parsed = parse_note(note)
    by_identity = {(verifier.name, verifier.key_hash): verifier for verifier in verifiers}
    times: dict[bytes, int] = {}
    for line in parsed.signatures:
        verifier = by_identity.get((line.name, line.key_hash))
        if verifier is not None:
            time = verifier.time_of(parsed.text, line.signature)
            times[line.key_hash] = max(time, times.get(line.key_hash, 0))
    return times
