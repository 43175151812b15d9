"""What a product inherits of its facility's study context, and what an erasure leaves of it."""

import msgspec
import pytest

from ledger.core.record import canonical
from ledger.core.record.kinds import Facility, Product
from ledger.core.record.redacted import residue
from ledger.core.record.study import ProductRules, StudyContext, agreed, inherited

NONCE = "AAAAAAAAAAAAAAAAAAAAAA"
RULES = ProductRules(operator="Other", names=["PCR 2024:01"], other_operator="a programme")
SITE = StudyContext(cut_off="staff travel: below 1 %", standards=["ISO14067"], packaging_included=True)
PART = StudyContext(cut_off="nothing", rules=[RULES], packaging_included=False)


def test_a_product_replaces_its_facility_field_by_field() -> None:
    assert inherited(PART, SITE) == StudyContext(
        cut_off="nothing", standards=["ISO14067"], packaging_included=False, rules=[RULES])
    assert (inherited(None, SITE), inherited(PART, None), inherited(None, None)) == (SITE, PART, None)
    assert inherited(StudyContext(), StudyContext()) is None


def test_several_facilities_state_what_they_agree_on() -> None:
    other = msgspec.structs.replace(SITE, cut_off="offices")
    assert agreed([SITE, other]) == StudyContext(standards=["ISO14067"], packaging_included=True)
    assert (agreed([SITE]), agreed([SITE, None]), agreed([])) == (SITE, None, None)


def test_a_record_without_study_reads_as_before() -> None:
    product = Product(issuer="a", nonce=NONCE, id="a:b", sector="works", unit="KGM")
    assert b"study" not in canonical.encode(product)
    stated = msgspec.structs.replace(product, study=PART)
    assert canonical.decode_record(canonical.encode(stated)) == stated
    assert b'"packagingIncluded":false' in canonical.encode(stated)


@pytest.mark.parametrize("record", [
    Product(issuer="a", nonce=NONCE, id="a:b", sector="works", unit="KGM", study=inherited(PART, SITE)),
    Facility(issuer="a", nonce=NONCE, id="a:s", country="CN", study=inherited(PART, SITE)),
])
def test_an_erasure_removes_the_words(record: Product | Facility) -> None:
    left = residue(record)
    assert isinstance(left, Product | Facility)
    assert left.study == StudyContext(standards=["ISO14067"], packaging_included=False)
    assert b"programme" not in canonical.encode(left)


@pytest.mark.parametrize(("study", "field"), [
    ({"standards": ["ISO 14067"]}, "study.standards[0]"), ({"cutOff": ""}, "study.cutOff"),
    ({"cutOff": "x" * 2_001}, "study.cutOff"), ({"rules": [{"operator": "IEC", "names": ["a"]}]}, "study.rules[0]"),
    ({"rules": [{"operator": "PEF", "names": []}]}, "study.rules[0].names"), ({"scope": "all"}, "study"),
    ({"packagingIncluded": "yes"}, "study.packagingIncluded"),
])
def test_malformed_fields_are_named(study: object, field: str) -> None:
    tree = {"type": "product", "issuer": "a", "nonce": NONCE, "id": "a:b", "sector": "works", "unit": "KGM"}
    with pytest.raises(Exception, match="study") as caught:
        canonical.record_of({**tree, "study": study})
    assert field in str(getattr(caught.value, "field", ""))
