"""Before signing: certain values are respelled and said, everything else stays and is refused."""

import json
from decimal import Decimal
from typing import Any, Final

import pytest
from support.raising import raised
from support.templates import Examples

from ledger.client.writing.samples import SAMPLES
from ledger.client.writing.spelling import Respelling, spelled, summary, written
from ledger.core.record import canonical
from ledger.core.record.kinds import Consumption, Transformation
from ledger.errors import InvalidBody
from ledger.registry.installed import installed

NONCE: Final = "AAAAAAAAAAAAAAAAAAAAAA"


def consumption(**fields: Any) -> dict[str, Any]:
    return {"type": "consumption", "issuer": "urn:a:b", "nonce": NONCE, "time": "2026-02-01T00:00:00Z",
            "purpose": "ownUse", "inputs": [{"lot": "urn:a:b:1", "quantity": {"value": "1", "unit": "KWH"}}], **fields}


def flow(value: object, unit: str = "KWH") -> list[Any]:
    return [{"lot": "urn:a:b:1", "quantity": {"value": value, "unit": unit}}]


def test_a_record_as_it_should_be_stays() -> None:
    tree = consumption()
    result = written(tree)
    assert (result.respelled, canonical.encode(result.record)) == ((), canonical.encode(tree))


@pytest.mark.parametrize(("fields", "field", "before", "after"), [
    ({"inputs": flow("0.50")}, "inputs[0].quantity.value", "0.50", "0.5"),
    ({"inputs": flow("5,9")}, "inputs[0].quantity.value", "5,9", "5.9"),
    ({"inputs": flow(5)}, "inputs[0].quantity.value", 5, "5"),
    ({"inputs": flow(Decimal("0.10"))}, "inputs[0].quantity.value", Decimal("0.10"), "0.1"),
    ({"inputs": flow("1", "kWh")}, "inputs[0].quantity.unit", "kWh", "KWH"),
    ({"time": "2026-02-01T01:00:00+01:00"}, "time", "2026-02-01T01:00:00+01:00", "2026-02-01T00:00:00Z"),
])
def test_what_can_mean_nothing_else_is_respelled(
    fields: dict[str, Any], field: str, before: object, after: str
) -> None:
    tree = consumption(**fields)
    copy = json.dumps(tree, default=str)
    result = written(tree)
    assert result.respelled == (Respelling(field, before, after),)
    assert isinstance(result.record, Consumption)
    assert (json.dumps(tree, default=str), written(spelled(tree).tree).respelled) == (copy, ())


@pytest.mark.parametrize(("fields", "told"), [
    ({"inputs": flow("1,234")}, "1.234 or 1234"), ({"inputs": flow("1", "ton")}, "STN"),
    ({"time": "2026-02-01"}, 'write "2026-02-01T00:00:00Z"'), ({"purpose": "own-use"}, 'write "ownUse"'),
    ({"purpos": "ownUse"}, "purpos"), ({"inputs": flow("1", "KG")}, None),
    ({"inputs": flow("1", "ML")}, None), ({"inputs": flow("1", "Ml")}, "1000 MTQ"),
    ({"inputs": [{"lot": "urn:a:b:1", "quantity": "5 ML"}]}, "1000 MTQ"),
    ({"inputs": [{"lot": "urn:a:b:1", "quantity": "5 GJ"}]}, '"unit": "GV"'),
    ({"inputs": flow("1", "quintal")}, "differs by country"), ({"inputs": flow("1", "st")}, "stone"),
    ({"inputs": flow("1", "mil")}, "thousand"), ({"inputs": flow("10³")}, "10³"), ({"inputs": flow("5%%")}, "5%%"),
])
def test_a_guess_is_never_applied(fields: dict[str, Any], told: str | None) -> None:
    tree = consumption(**fields)
    assert spelled(tree).changes == ()
    if told is None:
        return  # the form of a code: the server says which one is meant
    error = raised(InvalidBody, written, tree)
    assert told in " ".join([error.message, *[part.message for part in error.parts]])


def test_all_remaining_faults_come_at_once() -> None:
    with pytest.raises(InvalidBody) as caught:
        written(consumption(inputs=flow("0.50", "ton"), time="2026-02-01", purpose="x"))
    assert {part.field for part in caught.value.parts} == {"$.inputs[0].quantity.unit", "$.time", "$.purpose"}


def test_fractions_of_an_activity_become_decimal_strings() -> None:
    tree = {
        "type": "transformation", "issuer": "urn:a:b", "nonce": NONCE, "facility": "urn:a:b:c",
        "start": "2026-02-01T00:00:00Z", "end": "2026-02-02T00:00:00Z", "process": "steel.eaf", "outputs": [],
        "activity": {"share": Decimal("0.30"), "heats": 3, "parts": [Decimal("1E+2")]},
    }
    result = written(tree)
    assert isinstance(result.record, Transformation)
    assert json.loads(bytes(result.record.activity)) == {"share": "0.3", "heats": 3, "parts": ["100"]}
    assert {(change.field, change.after) for change in result.respelled} == {
        ("activity.share", "0.3"), ("activity.parts[0]", "100")}


def test_the_summary_has_a_line_for_each_kind_of_field_and_an_end() -> None:
    changes = [Respelling(f"inputs[{i}].quantity.unit", "kWh", "KWH") for i in range(3)]
    assert summary(changes) == ["inputs[].quantity.unit: 'kWh' is written as \"KWH\" (3 times, such as this)"]
    other = Respelling("inputs[3].quantity.unit", "m3", "MTQ")
    assert summary([*changes, other])[1] == "inputs[].quantity.unit: 'm3' is written as \"MTQ\""
    lines = summary([Respelling(f"field{i}", "x", "y") for i in range(30)], 5)
    assert (len(lines), lines[-1]) == (6, "and 25 further kinds of fields")


def evidence(*digests: str) -> list[dict[str, str]]:
    return [{"digest": digest, "mediaType": "application/pdf", "kind": "report"} for digest in digests]


def produced(**fields: Any) -> dict[str, Any]:
    return {
        "type": "declaration", "issuer": "urn:a:b", "nonce": NONCE, "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-02T00:00:00Z", "basis": "statement", "boundary": "cradleToGate",
        "burdens": {"fossilGhgEmissions": "1"}, "lot": {
            "lot": "urn:a:b:1", "product": "urn:a:b:p", "quantity": {"value": "1", "unit": "TNE"}, "role": "product"},
        **fields,
    }


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_the_document_of_a_template_is_no_evidence(sample: str) -> None:
    """A supplier puts the digest of the own document; the fault says how to get it."""
    assert written(produced(evidence=evidence("9" * 64))).respelled == ()
    with pytest.raises(InvalidBody) as caught:
        written(produced(evidence=evidence("9" * 64, sample)))
    error = caught.value
    assert (error.code, error.field, error.value) == ("template-evidence", "evidence[1].digest", sample)
    assert "sha256sum FILE" in (error.rule or "")
    assert error.parts == ()


def test_each_document_of_a_template_is_named() -> None:
    first, second, *_ = sorted(SAMPLES)
    with pytest.raises(InvalidBody) as caught:
        written(produced(evidence=evidence(first, "9" * 64, second)))
    assert [part.field for part in caught.value.parts] == ["evidence[0].digest", "evidence[2].digest"]


def test_a_digest_that_is_no_evidence_is_free() -> None:
    """The transfer of an acceptance may have any digest: nobody chooses it."""
    tree = {"type": "acceptance", "issuer": "urn:a:b", "nonce": NONCE, "transfer": min(SAMPLES)}
    assert written(tree).respelled == ()


def test_all_documents_of_all_templates_are_known() -> None:
    """A template whose document is not in the list would pass as evidence."""
    examples = Examples(installed(sets=False))
    shown = {one["digest"] for name in examples.names for tree in examples.whole(name)
             for one in tree.get("evidence", [])}
    assert shown == SAMPLES
