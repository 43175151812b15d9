"""What an erasure leaves: of every type, with words in every field that takes some, none of them; all that figures rest
on; and a record that is read and written like any other."""

import re
from random import Random
from typing import Any, Final, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect
from support.examples import examples
from support.raising import raised

from ledger.core.record import canonical
from ledger.core.record.base import PRIVATE
from ledger.core.record.kinds import PUBLIC_TYPES, AnyRecord
from ledger.core.record.redacted import NONCE, is_residue, residue

PRIVATE_RECORDS: Final = {
    str(one.__struct_config__.tag): one for one in get_args(AnyRecord) if one.kind == PRIVATE
}
MARK: Final = b"Wort"
FITTING: Final = ("1.5", "0.5", "-1", "2025-03-01T00:00:00Z", "KGM", "CN", "CN-JS", "CNY", "a" * 64, "steel.route",
                  "key", "urn:example:id", "AAAAAAAAAAAAAAAAAAAAAA", "1", "open:coal/wellToTank/CN/2024")
"""One string for each pattern that there is."""

STAYS: Final = {
    "facility": {"id", "country", "subdivision", "study"},
    "product": {"id", "sector", "unit", "massPerUnit", "materials", "elements", "fossilCarbon", "biogenicCarbon",
                "study"},
    "productCompletion": {"product", "massPerUnit", "materials", "elements", "fossilCarbon", "biogenicCarbon", "study",
                          "reason"},
    "transformation": {"facility", "start", "end", "process", "inputs", "supplies", "overheads", "outputs",
                       "activity", "allocation", "allocationBasis", "basis"},
    "transfer": {"lot", "quantity", "to", "newLot", "time", "purpose", "tolerance", "transport", "packaging"},
    "acceptance": {"transfer", "received", "returnLot", "disputed"},
    "standingAcceptance": {"sender", "product", "purposes", "roles", "validFrom", "validUntil", "tolerance", "quantity",
                           "withdrawn"},
    "consumption": {"inputs", "time", "purpose", "outputs", "onBehalfOf", "claim", "facility", "start", "end",
                    "evidence"},
    "declaration": {"start", "end", "basis", "boundary", "burdens", "primaryShare", "lot", "per", "facility",
                    "deviation", "pedigree"},
    "pool": {"id", "facility", "product", "role", "origin", "custody", "averaging", "default", "attribute",
             "conversion", "balanceMonths"},
    "addition": {"pool", "inputs", "time", "creditLot", "credits"},
    "amendment": {"changes", "reason", "versions", "products"},
    "closing": {"facility", "start", "end", "processes", "measured", "spread", "replaces", "overheads",
                "spreadOverheads", "retired"},
    "reopening": {"closing", "reason"},
    "attestation": {"subject", "standard", "level", "opinion", "start", "end", "validUntil", "samples", "materiality",
                    "treeSize", "party", "date", "scope"},
    "report": {"start", "end", "facility"},
    "grant": {"depth", "until", "grantee", "link", "scope", "purpose", "publish"},
    "grantRevocation": {"grant"},
    "publication": {"lot", "product", "declaration"},
    "publicationEnd": {"publication"},
    "organizationNames": {"names"},
}


class Filler:
    """Records with whatever their types allow, about half of the optional fields left out. `words`: all that was
    written where people write."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.words: list[str] = []

    def record(self, kind: type) -> AnyRecord:
        tree = self._of(inspect.type_info(kind))
        for change in tree.get("changes", ()):
            # An amendment holds parts of what it amends.
            other = self._of(inspect.type_info(PRIVATE_RECORDS[self._random.choice(
                ("transformation", "transfer", "consumption", "declaration", "report"))]))
            change["fields"] = {
                name: msgspec.Raw(msgspec.json.encode(one)) for name, one in other.items()
                if name not in ("type", "issuer", "nonce")
            }
        found: AnyRecord = msgspec.convert(tree, kind)
        return canonical.decode_record(canonical.encode(found))

    def _word(self) -> str:
        self.words.append(f"Wort{self._random.getrandbits(64):016x}")
        return f"von {self.words[-1]}"

    def _of(self, kind: inspect.Type) -> Any:
        match kind:
            case inspect.StructType():
                found = {
                    field.encode_name: self._of(field.type) for field in kind.fields
                    if field.required or self._random.random() < 0.5
                }
                return {**({"type": kind.tag} if kind.tag_field else {}), **found}
            case inspect.UnionType():
                return self._of(next(one for one in kind.types if not isinstance(one, inspect.NoneType)))
            case inspect.StrType(pattern=None):
                return self._word()
            case inspect.StrType(pattern=pattern):
                return next(one for one in FITTING if re.search(str(pattern), one))
            case inspect.LiteralType():
                return self._random.choice(kind.values)
            case inspect.ListType():
                return [self._of(kind.item_type) for _ in range(max(kind.min_length or 0, self._random.randrange(3)))]
            case inspect.TupleType():
                return [self._of(one) for one in kind.item_types]
            case inspect.DictType():
                return {self._of(kind.key_type): self._of(kind.value_type)}
            case inspect.RawType():
                return msgspec.Raw(msgspec.json.encode({"note": [self._word()]}))
            case inspect.BoolType():
                return self._random.random() < 0.5
            case inspect.IntType():
                return kind.ge or 0
        raise TypeError(f"nothing fits {kind}")


@pytest.mark.parametrize("name", PRIVATE_RECORDS)
@examples(40)
@given(random=st.randoms(use_true_random=False))
def test_no_word_is_left(name: str, random: Random) -> None:
    filler = Filler(random)
    record = filler.record(PRIVATE_RECORDS[name])
    body = canonical.encode(record)
    left = canonical.encode(residue(record))
    written = {word.encode() for word in re.findall(r"Wort[0-9a-f]{16}", body.decode())}
    assert written <= {word.encode() for word in filler.words}
    assert bool(written) is (MARK in body)
    assert MARK not in left
    assert not any(word in left for word in written)
    assert record.nonce.encode() not in left


@pytest.mark.parametrize("name", PRIVATE_RECORDS)
@examples(40)
@given(random=st.randoms(use_true_random=False))
def test_a_residue_is_a_record_of_its_type(name: str, random: Random) -> None:
    record = Filler(random).record(PRIVATE_RECORDS[name])
    left = residue(record)
    assert type(left) is type(record)
    assert is_residue(left)
    assert not is_residue(record)
    assert canonical.decode_record(canonical.encode(left)) == left
    assert (residue(left), left.issuer, left.nonce) == (left, record.issuer, NONCE)


@pytest.mark.parametrize("name", PRIVATE_RECORDS)
@examples(40)
@given(random=st.randoms(use_true_random=False))
def test_what_stays_is_as_it_was(name: str, random: Random) -> None:
    record = Filler(random).record(PRIVATE_RECORDS[name])
    before = msgspec.json.decode(canonical.encode(record))
    after = msgspec.json.decode(canonical.encode(residue(record)))
    assert after.keys() - {"type", "issuer", "nonce"} == before.keys() & STAYS[name]
    for field in ("inputs", "retired", "quantity", "received", "to", "newLot", "start", "end", "facility", "burdens"):
        if field in after:
            assert after[field] == before[field]
    for field in ("outputs", "supplies", "transport", "packaging", "measured", "overheads"):
        for old, new in zip(before.get(field, ()), after.get(field, ()), strict=True):
            assert old.keys() - new.keys() <= {"description"}
            assert {key: one for key, one in new.items() if key not in ("factor", "credit")} == {
                key: old[key] for key in new if key not in ("factor", "credit")}


def test_codes_stay_and_words_in_their_place_go() -> None:
    facility = {"type": "facility", "issuer": "urn:example:mill", "nonce": "AAAAAAAAAAAAAAAAAAAAAA",
                "id": "urn:example:site", "country": "CN"}
    for industry, stays in (("C3110", True), ("3110", True), ("the works of Mrs Li", False), ("Li", False)):
        left = canonical.encode(residue(canonical.record_of({**facility, "industry": industry})))
        assert (industry.encode() in left) is stays


@pytest.mark.parametrize("name", sorted(PUBLIC_TYPES))
def test_public_records_have_no_residue(name: str) -> None:
    kind = next(one for one in get_args(AnyRecord) if one.__struct_config__.tag == name)
    raised(KeyError, residue, Filler(Random(1)).record(kind))
