"""The content of an anchor: a checkpoint, and fields that a server must know before it signs anything.

The note's text is a checkpoint with extension lines, each `name value`. A writer keeps unknown fields, so that the
fields of a later version survive a write by an earlier one. The log's keys sign the whole text.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from ledger.core.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.log.note import Signer, parse_note, sign_note
from ledger.errors import InvalidNote

MAX_BYTES: Final = 1 << 20
_NAME = re.compile(r"[a-z][a-z-]{0,63}")
_FIELD_FORM: Final = "each field of an anchor must be one line, with its name and its value"
_BARE = 3
"""Number of lines of a checkpoint without fields."""


_parsed = lru_cache(maxsize=4)(parse_note)
"""Each batch looks at the note before it and at its own a dozen times."""


@lru_cache(maxsize=4)
def stated(note: str) -> Checkpoint:
    """The checkpoint in an anchor's note. Checks only the form; callers check the signatures. Raises InvalidNote."""
    return parse_checkpoint(_parsed(note).text, extensions=True)


def fields_of(note: str) -> dict[str, str]:
    """The fields after the checkpoint. Checks only the form. Raises InvalidNote."""
    stated(note)
    fields: dict[str, str] = {}
    for line in _parsed(note).text.split("\n")[_BARE:-1]:
        name, separator, value = line.partition(" ")
        if not separator or not _NAME.fullmatch(name) or not value or name in fields:
            raise InvalidNote(_FIELD_FORM, field="anchor", value=line)
        fields[name] = value
    return fields


def written(head: Checkpoint, fields: Mapping[str, str], signers: Sequence[Signer]) -> str:
    """The signed note of an anchor, with a head and fields. Raises InvalidNote for a field that cannot be one line."""
    lines = "".join(f"{name} {value}\n" for name, value in sorted(fields.items()))
    note = sign_note(head.text() + lines, signers)
    if fields_of(note) != dict(fields):
        raise InvalidNote(_FIELD_FORM, field="anchor")
    return note


def read(data: bytes) -> str:
    """The note in an anchor's bytes. Raises InvalidNote if the bytes are not an anchor."""
    if len(data) > MAX_BYTES:
        raise InvalidNote(f"longer than {MAX_BYTES} bytes")
    try:
        note = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidNote(f"not UTF-8: {error}") from error
    fields_of(note)
    return note
