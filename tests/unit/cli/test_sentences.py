"""The sentence that `submit` prints for a record of each kind."""

from typing import Any, Final, get_args

import pytest

from ledger.cli.supplier.effects.sentences import SENTENCES, sentence
from ledger.core.record.canonical import record_of
from ledger.core.record.kinds import AnyRecord

NONCE: Final = "A" * 22
MILL: Final = "urn:example:mill"
DIGEST: Final = "ab" * 32
TONNES: Final = {"value": "5", "unit": "TNE"}
PERIOD: Final = {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"}
FLOW: Final = {"lot": "urn:l", "quantity": TONNES}
OUTPUT: Final = {"lot": "urn:n", "product": "urn:p", "quantity": TONNES, "role": "product"}
CASES: Final[list[tuple[dict[str, Any], str]]] = [
    ({"type": "organization", "id": "urn:o", "keys": [{"spki": "AA==", "proof": "AA=="}], "prefixes": ["urn:o:"]},
     "enrols urn:o with 1 key, for names that begin with urn:o:"),
    ({"type": "keyChange", "organization": MILL, "revoked": [DIGEST]}, f"adds 0 and revokes 1 keys of {MILL}"),
    ({"type": "keyChange", "organization": MILL, "recovery": "request"},
     f"adds 0 and revokes 0 keys of {MILL} (request of a key recovery)"),
    ({"type": "activation", "plugin": "steel", "version": "1.0", "digest": DIGEST}, "puts in force steel 1.0"),
    ({"type": "activation", "plugin": "steel", "version": "1.0", "digest": DIGEST, "retired": True},
     "retires steel 1.0"),
    ({"type": "erasure", "record": DIGEST, "legalBasis": "GDPR Art. 17"},
     f"erases the body of record {DIGEST} by GDPR Art. 17"),
    ({"type": "facility", "id": "urn:f", "country": "CN", "subdivision": "CN-JS"},
     "enters the facility urn:f in CN-JS"),
    ({"type": "product", "id": "urn:p", "sector": "steel", "unit": "TNE"},
     "enters the product urn:p, counted in tonne (TNE)"),
    ({"type": "transformation", "facility": "urn:f", **PERIOD, "process": "steel.electricArcFurnace",
      "activity": {"heats": 1}, "inputs": [FLOW], "outputs": [OUTPUT]},
     "makes 1 lot by steel.electricArcFurnace at urn:f out of 5 TNE (tonne) of urn:l"),
    ({"type": "transformation", "facility": "urn:f", **PERIOD, "process": "a.b", "activity": {}, "outputs": [],
      "inputs": [FLOW | {"lot": f"urn:{i}"} for i in range(5)], "basis": "provisional"},
     "makes 0 lots by a.b at urn:f out of 5 TNE (tonne) of urn:0, 5 TNE (tonne) of urn:1, 5 TNE (tonne) of urn:2, "
     "2 more inputs; provisional until a closing"),
    ({"type": "transfer", **FLOW, "to": "urn:c", "newLot": "urn:n", "time": PERIOD["end"]},
     "sends 5 TNE (tonne) of urn:l to urn:c as urn:n (sale)"),
    ({"type": "acceptance", "transfer": DIGEST}, f"accepts the transfer {DIGEST} in full"),
    ({"type": "acceptance", "transfer": DIGEST, "received": TONNES, "returnLot": "urn:r"},
     f"accepts the transfer {DIGEST} with 5 TNE (tonne) received; the shortage goes back as urn:r"),
    ({"type": "acceptance", "transfer": DIGEST, "disputed": True},
     f"disputes the transfer {DIGEST}, whose lot is frozen now"),
    ({"type": "standingAcceptance", "sender": "urn:s", "tolerance": "0.02", "validFrom": PERIOD["start"]},
     "accepts deliveries from urn:s on arrival, within 0.02 of the quantity, from 2026-01-01T00:00:00Z"),
    ({"type": "standingAcceptance", "sender": "urn:s", "product": "urn:p", "quantity": TONNES, "tolerance": "0",
      "validFrom": PERIOD["start"], "validUntil": PERIOD["end"]},
     "accepts deliveries of urn:p of 5 TNE (tonne) from urn:s on arrival, within 0 of the quantity, from "
     "2026-01-01T00:00:00Z until 2026-02-01T00:00:00Z"),
    ({"type": "standingAcceptance", "sender": "urn:s", "product": "urn:p", "withdrawn": True},
     "ends the rule by which deliveries of urn:p from urn:s are accepted on arrival"),
    ({"type": "consumption", "inputs": [FLOW], "time": PERIOD["end"], "purpose": "soldOutside"},
     "takes 5 TNE (tonne) of urn:l off the ledger (soldOutside)"),
    ({"type": "declaration", **PERIOD, "basis": "study", "boundary": "cradleToGate", "lot": OUTPUT},
     "declares the lot urn:n from elsewhere (study)"),
    ({"type": "declaration", **PERIOD, "basis": "factor", "boundary": "cradleToGate", "per": TONNES},
     "declares figures per 5 TNE (tonne) that supplies may name (factor)"),
    ({"type": "pool", "id": "urn:h", "facility": "urn:f", "product": "urn:p"},
     "opens the pool urn:h of urn:p at urn:f"),
    ({"type": "addition", "pool": "urn:h", "inputs": [FLOW], "time": PERIOD["end"]},
     "adds 5 TNE (tonne) of urn:l to the pool urn:h"),
    ({"type": "amendment", "reason": "typing error", "changes": [
        {"record": DIGEST, "fields": {"quantity": TONNES}}, {"record": "cd" * 32, "withdrawn": True}]},
     "amends 1 record and withdraws 1 record: typing error"),
    ({"type": "closing", "facility": "urn:f", **PERIOD, "processes": ["steel.electricArcFurnace"],
      "measured": [{"material": "electricity", "quantity": {"value": "1", "unit": "KWH"}}]},
     "closes urn:f from 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z for steel.electricArcFurnace with 1 measured "
     "total"),
    ({"type": "reopening", "closing": DIGEST, "reason": "late papers"},
     f"reopens the period of the closing {DIGEST}: late papers"),
    ({"type": "attestation", "subject": {"kind": "lot", "id": "urn:l"}, "standard": "ISO 14064-3",
      "level": "limited", "opinion": "unmodified", **PERIOD, "validUntil": "2030-01-01T00:00:00Z"},
     "attests the lot urn:l to ISO 14064-3: unmodified, limited assurance, valid until 2030-01-01T00:00:00Z"),
    ({"type": "report", **PERIOD}, f"reports figures of {MILL} from 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z"),
    ({"type": "grant", "grantee": "urn:bank", "depth": "full", "until": PERIOD["end"], "purpose": "loan"},
     "lets urn:bank read all its records at depth full until 2026-02-01T00:00:00Z: loan"),
    ({"type": "grant", "link": DIGEST, "depth": "totals", "until": PERIOD["end"], "purpose": "loan",
      "scope": {"lot": "urn:l", **PERIOD}},
     f"lets the holder of the link {DIGEST} read the lot urn:l from 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z at "
     "depth totals until 2026-02-01T00:00:00Z: loan"),
    ({"type": "grantRevocation", "grant": DIGEST}, f"ends the grant {DIGEST}"),
    ({"type": "reader", "organization": "urn:office", "purpose": "law"}, "lets urn:office read all records: law"),
    ({"type": "readerRevocation", "reader": DIGEST}, f"ends the right of the reader {DIGEST}"),
    ({"type": "publication", "lot": "urn:l"}, "publishes the passport of the lot urn:l"),
    ({"type": "publication", "product": "urn:p"},
     "publishes the passport of all lots of urn:p that its own records make of its own goods"),
    ({"type": "publication", "declaration": DIGEST}, f"lets everyone name the declaration {DIGEST}"),
    ({"type": "publicationEnd", "publication": DIGEST}, f"ends the publication {DIGEST}"),
    ({"type": "organizationNames", "names": {"en": "Mill Li"}}, f"names {MILL} Mill Li"),
]


@pytest.mark.parametrize(("fields", "words"), CASES, ids=[f"{i}-{one['type']}" for i, (one, _) in enumerate(CASES)])
def test_sentences(fields: dict[str, Any], words: str) -> None:
    assert sentence(record_of({"issuer": MILL, "nonce": NONCE, **fields})) == words


def test_every_kind_has_its_words() -> None:
    assert set(SENTENCES) == set(get_args(AnyRecord))
    assert {fields["type"] for fields, _ in CASES} == {kind.__struct_config__.tag for kind in get_args(AnyRecord)}
