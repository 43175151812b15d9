"""What an anchor says: a checkpoint, and beside it what else has to be known of the log before anything is signed.

The note's text is a checkpoint with extension lines, each `name value`. A writer keeps the fields that it does not
know, so that a later version's survive an earlier one. The log's keys sign all of it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from ledger.core.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.log.note import Signer, parse_note, sign_note
from ledger.errors import InvalidNote

MAX_BYTES: Final = 1 << 20
_NAME = re.compile(r"[a-z][a-z-]{0,63}")
_BARE = 3
"""Lines of a checkpoint without fields."""


def stated(note: str) -> Checkpoint:
    """The checkpoint that an anchor states, by form alone: who signed it, others ask. Raises InvalidNote."""
    return parse_checkpoint(parse_note(note).text, extensions=True)


def fields_of(note: str) -> dict[str, str]:
    """The fields beside the checkpoint, by form alone. Raises InvalidNote."""
    stated(note)
    found: dict[str, str] = {}
    for line in parse_note(note).text.split("\n")[_BARE:-1]:
        name, separator, value = line.partition(" ")
        if not separator or not _NAME.fullmatch(name) or not value or name in found:
            raise InvalidNote("a field of an anchor is one line, its name and its value", field="anchor", value=line)
        found[name] = value
    return found


def written(head: Checkpoint, fields: Mapping[str, str], signers: Sequence[Signer]) -> str:
    """An anchor's note that states a head and fields, signed. Raises InvalidNote for a field that has no spelling."""
    lines = "".join(f"{name} {value}\n" for name, value in sorted(fields.items()))
    note = sign_note(head.text() + lines, signers)
    if fields_of(note) != dict(fields):
        raise InvalidNote("a field of an anchor is one line, its name and its value", field="anchor")
    return note


def read(data: bytes) -> str:
    """The note in an anchor's bytes. Raises InvalidNote for what is no anchor."""
    if len(data) > MAX_BYTES:
        raise InvalidNote(f"longer than {MAX_BYTES} bytes")
    try:
        note = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidNote(f"not UTF-8: {error}") from error
    fields_of(note)
    return note
