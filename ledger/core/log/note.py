"""C2SP signed-note: text with signature lines, and the vkeys that name its Ed25519 keys.

A verifier has a list of known keys. It ignores lines of other keys; a bad signature by a known key makes the whole note
invalid. Other signature types (witness cosignatures) take part by implementing `Signer` and `Verifier`.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import InvalidNote, VerificationError

MAX_SIGNATURES = 100
MAX_NOTE_LENGTH = 1_000_000
KEY_HASH_SIZE = 4

_ED25519 = b"\x01"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)")


class Signer(Protocol):
    """Writes one signature line. `sign` gives the bytes that follow the key hash."""

    @property
    def name(self) -> str: ...
    @property
    def key_hash(self) -> bytes: ...
    def sign(self, text: str) -> bytes: ...


class Verifier(Protocol):
    """Checks the signature lines of one key. `verify` raises VerificationError."""

    @property
    def name(self) -> str: ...
    @property
    def key_hash(self) -> bytes: ...
    def verify(self, text: str, signature: bytes) -> None: ...


class NoteVerifier:
    """A known Ed25519 key, by name."""

    def __init__(self, name: str, key: Ed25519PublicKey) -> None:
        check_name(name)
        self.name = name
        self.key = key
        self.key_hash = key_hash(name, _ED25519 + key.public_bytes_raw())

    def verify(self, text: str, signature: bytes) -> None:
        """Returns if the key signed the text; raises VerificationError if not."""
        try:
            self.key.verify(signature, text.encode())
        except InvalidSignature as error:
            raise VerificationError(f"the note's signature by {self.name} does not hold") from error


class NoteSigner:
    """An Ed25519 key that signs notes by this name."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self.verifier = NoteVerifier(name, key.public_key())
        self.name = name
        self.key_hash = self.verifier.key_hash
        self._key = key

    def sign(self, text: str) -> bytes:
        """The signature of the text; the same each time."""
        return self._key.sign(text.encode())

    def derived(self, salt: bytes, purpose: bytes) -> bytes:
        """32 secret bytes that only a holder of the key can compute (HKDF, RFC 5869)."""
        return HKDF(hashes.SHA256(), 32, salt, purpose).derive(self._key.private_bytes_raw())


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, not verified."""

    name: str
    key_hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note, not verified: use its text only after `verify_note` has returned it."""

    text: str
    signatures: tuple[NoteSignature, ...]


def vkey(name: str, public_key: Ed25519PublicKey) -> str:
    """The text `<name>+<key hash>+<base64 of type and key>` that names a key to verifiers."""
    check_name(name)
    key = _ED25519 + public_key.public_bytes_raw()
    return f"{name}+{key_hash(name, key).hex()}+{base64.b64encode(key).decode()}"


def parse_vkey(text: str) -> NoteVerifier:
    """The verifier that a vkey names."""
    name, hashed, key = split_vkey(text)
    if key[:1] != _ED25519:
        raise InvalidNote("the vkey is not of type Ed25519", field="vkey", value=text, rule="type 0x01, Ed25519")
    try:
        verifier = NoteVerifier(name, Ed25519PublicKey.from_public_bytes(key[1:]))
    except ValueError as error:
        raise InvalidNote("the vkey does not hold an Ed25519 key", field="vkey", value=text,
                          rule="32 bytes after the byte of the type") from error
    check_key_hash(verifier, hashed, text)
    return verifier


def check_key_hash(verifier: Verifier, hashed: bytes, text: str) -> None:
    """Raises InvalidNote if the hash in a vkey is not the hash of its name and key."""
    if verifier.key_hash != hashed:
        raise InvalidNote("the vkey's hash is not the hash of its name and key", field="vkey", value=text,
                          rule=f"the hash of this name and key is {verifier.key_hash.hex()}")


def split_vkey(text: str) -> tuple[str, bytes, bytes]:
    """Name, key hash, and the key after the byte of its type; checked for form alone."""
    match = _VKEY.fullmatch(text)
    if not match:
        raise InvalidNote("not a vkey of the form name+hash+key", field="vkey", value=text,
                          rule="a hash of 8 hex digits, and base64 of the type and the key")
    name, hashed, encoded = match.groups()
    return name, bytes.fromhex(hashed), decode_base64(encoded, "the key of a vkey", "vkey")


def sign_note(text: str, signers: Sequence[Signer]) -> str:
    """The note of `text`, with a line for each signer."""
    _check_characters(text)
    if not text.endswith("\n"):
        raise InvalidNote("the text of a note does not end in a newline")
    if not 1 <= len(signers) <= MAX_SIGNATURES:
        raise InvalidNote(f"a note has 1 to {MAX_SIGNATURES} signatures, not {len(signers)}")
    lines = [
        f"— {signer.name} {base64.b64encode(signer.key_hash + signer.sign(text)).decode()}\n" for signer in signers
    ]
    return f"{text}\n{''.join(lines)}"


def parse_note(note: str) -> Note:
    """Text and signatures of a note, checked for form alone."""
    _check_characters(note)
    text, separator, block = note.rpartition("\n\n")
    if not separator:
        raise InvalidNote("a note has an empty line between text and signatures")
    if not block.endswith("\n"):
        raise InvalidNote("a note ends in a signature line and its newline")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise InvalidNote(f"a note has at most {MAX_SIGNATURES} signatures, not {len(lines)}")
    return Note(text + "\n", tuple(_parse_signature(line) for line in lines))


def verify_note(note: str, verifiers: Sequence[Verifier], *, minimum: int | None = None) -> str:
    """The text, if every line by a known key holds and at least `minimum` of the known keys (by default all) signed.
    Raises InvalidNote or VerificationError."""
    by_identity = {(verifier.name, verifier.key_hash): verifier for verifier in verifiers}
    if len(by_identity) != len(verifiers):
        raise VerificationError("two known keys share name and key hash")
    needed = len(by_identity) if minimum is None else minimum
    if not 1 <= needed <= len(by_identity):
        raise VerificationError(f"{needed} signatures cannot be required of {len(by_identity)} known keys")
    parsed = parse_note(note)
    signed = set()
    for line in parsed.signatures:
        identity = (line.name, line.key_hash)
        if identity in by_identity:
            by_identity[identity].verify(parsed.text, line.signature)
            signed.add(identity)
    if len(signed) < needed:
        raise VerificationError(f"the note is signed by {len(signed)} known keys, but {needed} are required")
    return parsed.text


def decode_base64(text: str, name: str, field: str | None = None) -> bytes:
    """Standard base64 in its one spelling, padding included. Raises InvalidNote that names the value by `name`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidNote(f"{name} is not base64", field=field, value=text, rule="base64 with its padding") from error
    # The unused bits before the padding must be zero; otherwise a signature would have several spellings.
    if base64.b64encode(data).decode() != text:
        raise InvalidNote(f"{name} is not the canonical base64 of its bytes", field=field, value=text,
                          rule=base64.b64encode(data).decode())
    return data


def _parse_signature(line: str) -> NoteSignature:
    if not line.startswith("— "):
        raise InvalidNote("a signature line does not begin with an em dash and a space", value=line)
    name, _, encoded = line[2:].partition(" ")
    check_name(name)
    data = decode_base64(encoded, "a signature")
    if len(data) <= KEY_HASH_SIZE:
        raise InvalidNote("a signature line has no signature", value=line)
    return NoteSignature(name, data[:KEY_HASH_SIZE], data[KEY_HASH_SIZE:])


def key_hash(name: str, key: bytes) -> bytes:
    """The 4 bytes that stand for a key in signature lines; `key` begins with the byte of its type."""
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:KEY_HASH_SIZE]


def check_name(name: str) -> None:
    """Raises InvalidNote if `name` cannot be the name of a key."""
    if not name or "+" in name or any(character.isspace() for character in name):
        raise InvalidNote("a key name is empty or has a space or plus", field="name", value=name,
                          rule="neither spaces nor plus")
    _check_characters(name)


def _check_characters(text: str) -> None:
    if len(text) > MAX_NOTE_LENGTH:
        raise InvalidNote(f"longer than {MAX_NOTE_LENGTH} characters")
    if _CONTROL.search(text):
        raise InvalidNote("control characters are not allowed in notes")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidNote("not encodable as UTF-8") from error
