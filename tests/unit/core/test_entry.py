import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised

from ledger.core.log.entry import KINDS, SIZE, VERSION, Entry, parse_entry
from ledger.core.record.kinds import (
    Activation,
    AppointedReader,
    Erasure,
    KeyChange,
    Organization,
    ParentEnd,
    Product,
    ReaderRevocation,
    Transformation,
)
from ledger.errors import VerificationError

ENTRY = Entry(kind=2, digest=b"\x11" * 32, keyid=b"\x22" * 32, signature=b"\x33" * 64, outcome=b"\x44" * 32,
              time=0x0102030405060708)
hashes = st.binary(min_size=32, max_size=32)
entries = st.builds(
    Entry, kind=st.sampled_from(KINDS), digest=hashes, keyid=hashes, signature=st.binary(min_size=64, max_size=64),
    outcome=hashes, time=st.integers(min_value=0, max_value=2**64 - 1),
)


def test_170_bytes_in_the_order_of_the_design() -> None:
    assert (SIZE, VERSION) == (170, 1)
    assert ENTRY.to_bytes() == (
        bytes([1, 2]) + b"\x11" * 32 + b"\x22" * 32 + b"\x33" * 64 + b"\x44" * 32 + bytes.fromhex("0102030405060708")
    )


def test_kinds() -> None:
    """0 private, 1 organization, 2 keyChange, 3 activation, 4 erasure, 5 reader, 6 readerRevocation, 7 parentEnd."""
    assert (KINDS, Product.kind, Transformation.kind) == ((0, 1, 2, 3, 4, 5, 6, 7), 0, 0)
    assert (Organization.kind, KeyChange.kind, Activation.kind, Erasure.kind) == (1, 2, 3, 4)
    assert (AppointedReader.kind, ReaderRevocation.kind, ParentEnd.kind) == (5, 6, 7)


@given(entries)
def test_an_entry_reads_back(entry: Entry) -> None:
    data = entry.to_bytes()
    assert (len(data), parse_entry(data)) == (170, entry)


@given(entries, entries)
def test_different_entries_have_different_bytes(one: Entry, other: Entry) -> None:
    assert (one == other) is (one.to_bytes() == other.to_bytes())


@pytest.mark.parametrize("length", [0, 1, 169, 171, 340])
def test_a_wrong_length(length: int) -> None:
    error = raised(VerificationError, parse_entry, (ENTRY.to_bytes() * 2)[:length])
    assert error.code == "malformed-entry"
    assert f"not {length}" in error.message


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version(version: int) -> None:
    error = raised(VerificationError, parse_entry, bytes([version]) + ENTRY.to_bytes()[1:])
    assert error.code == "malformed-entry"
    assert f"version {version}," in error.message


@pytest.mark.parametrize("kind", [8, 9, 255])
def test_an_unknown_kind(kind: int) -> None:
    error = raised(VerificationError, parse_entry, ENTRY._replace(kind=kind).to_bytes())
    assert error.code == "malformed-entry"
    assert f"kind {kind}," in error.message


def test_every_byte_counts() -> None:
    """No two bytes of an entry say the same: each change gives another entry, or none."""
    data = ENTRY.to_bytes()
    for at in range(SIZE):
        changed = bytearray(data)
        changed[at] ^= 1
        try:
            found = parse_entry(bytes(changed))
        except VerificationError:
            assert at == 0
        else:
            assert found != ENTRY
    assert len({hashlib.sha256(data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :]).digest() for i in range(SIZE)}) == SIZE
