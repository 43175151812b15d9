"""Redacted records: the parts of a private record that remain after an erasure of its body, since balances, figures
and later records rest on them.

Identifiers, times, flows and numbers stay. Words that a person wrote are removed: the activity, descriptions, names,
reasons, evidence, sources of factors, destinations. Of the evidence of a consumption, the kinds of documents stay. The
nonce is removed, without which nobody can guess the body from its digest. A redacted record has the same type and a
reserved nonce, so it is parsed and planned like any record. Its salts come from the stored seed, its assessment is the
one to which its outcome commits, and its own digest identifies no record.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ledger.core.record import canonical
from ledger.core.record.kinds import AnyRecord
from ledger.core.record.values import SALE_DOCUMENTS, STOCK_DOCUMENTS, WASTE_DOCUMENTS

NONCE: Final = "erased-erased-erased-A"
"""Replaces the nonce. A posted record with this nonce is refused."""

GONE: Final = "erased"
"""Replaces words in a field that the record's type requires."""

NO_DIGEST: Final = "0" * 64
"""Replaces the digest of a document."""

_CODE: Final = re.compile(r"[A-Z]?[0-9][0-9. ]{0,15}")


class _Code:
    """Marks a field whose classification codes stay; any other text is removed."""


class _Word:
    """Marks a required field of words, which `GONE` replaces."""


class _Digest:
    """Marks a required digest, which `NO_DIGEST` replaces."""


class _DocumentKind:
    """Marks a kind of document. The kinds that show where goods went stay, since later records rest on them."""


_KEPT: Final = True
_DOCUMENTS: Final = frozenset({*STOCK_DOCUMENTS, *WASTE_DOCUMENTS, *SALE_DOCUMENTS})
_Spec = bool | type[_Code] | type[_Word] | type[_Digest] | type[_DocumentKind] | list[Any] | dict[str, Any]


def _kept(names: str) -> dict[str, _Spec]:
    return dict.fromkeys(names.split(), _KEPT)


_FACTOR: Final = _kept("value unit year boundary gas deviation pedigree") | {"source": _Word}
_SUPPLY: Final = _kept("material quantity product mass origin declaration factorRow unknown deviation pedigree") | {
    "factor": _FACTOR}
_OUTPUT: Final = _kept(
    "lot product quantity role origin mass value heatingValue moles share item materials elements previousLife owner "
    "attribute"
) | {"credit": {"material": _KEPT, "factor": _FACTOR}}
_EVIDENCE: Final[Mapping[str, _Spec]] = {"digest": _Digest, "mediaType": _Word, "kind": _DocumentKind}
_CODES: Final[dict[str, _Spec]] = {"cn": _Code, "hs": _Code, "cpc": _Code}
_STUDY: Final = _kept("standards packagingIncluded")
_ALLOCATION_BASIS: Final = _kept("step priceStart priceEnd priceRatio")
_CHANGED: Final[Mapping[str, _Spec]] = _kept(
    "start end inputs allocation basis quantity time onBehalfOf boundary burdens primaryShare deviation pedigree"
) | {"supplies": [_SUPPLY], "outputs": [_OUTPUT], "transport": [_SUPPLY], "packaging": [_SUPPLY], "lot": _OUTPUT,
     "allocationBasis": _ALLOCATION_BASIS}
"""The fields that stay of those that an amendment replaces; all others are removed."""

_RECORDS: Final[Mapping[str, dict[str, _Spec]]] = {
    "facility": _kept("id country subdivision") | {"industry": _Code, "study": _STUDY},
    "product": _kept("id sector unit massPerUnit materials elements fossilCarbon biogenicCarbon") | {
        "classifications": _CODES, "study": _STUDY},
    "productCompletion": _kept("product massPerUnit materials elements fossilCarbon biogenicCarbon") | {
        "classifications": _CODES, "study": _STUDY, "reason": _Word},
    "transformation": _kept("facility start end process inputs allocation basis") | {
        "outputs": [_OUTPUT], "supplies": [_SUPPLY], "overheads": [_SUPPLY], "activity": {},
        "allocationBasis": _ALLOCATION_BASIS},
    "transfer": _kept("lot quantity to newLot time purpose tolerance") | {
        "transport": [_SUPPLY], "packaging": [_SUPPLY]},
    "acceptance": _kept("transfer received returnLot disputed"),
    "standingAcceptance": _kept(
        "sender product purposes roles validFrom validUntil tolerance quantity withdrawn"),
    "consumption": _kept("inputs time purpose onBehalfOf claim facility start end") | {
        "outputs": [_OUTPUT], "evidence": [_EVIDENCE]},
    "declaration": _kept(
        "start end basis boundary burdens primaryShare per facility deviation pedigree") | {"lot": _OUTPUT},
    "pool": _kept("id facility product role origin custody averaging default attribute conversion balanceMonths"),
    "addition": _kept("pool inputs time creditLot credits"),
    "amendment": _kept("versions products") | {
        "changes": [_kept("record withdrawn") | {"fields": _CHANGED}], "reason": _Word},
    "closing": _kept("facility start end processes spread replaces spreadOverheads retired") | {
        "measured": [_SUPPLY], "overheads": [_SUPPLY]},
    "reopening": _kept("closing") | {"reason": _Word},
    "attestation": _kept("subject level opinion start end validUntil samples materiality treeSize party date") | {
        "standard": _Word, "scope": {"criteria": _Word, "coverage": _KEPT, "programme": _Word}},
    "report": _kept("facility start end"),
    "grant": _kept("depth until grantee link publish") | {
        "purpose": _Word, "scope": _kept("lot product declaration start end")},
    "grantRevocation": _kept("grant"),
    "publication": _kept("lot product declaration"),
    "publicationEnd": _kept("publication"),
    "organizationNames": {"names": {"en": _Word, "zh": _Word}},
}
"""Every field that stays, by type. Records of a type that is not listed cannot be erased."""


def is_residue(record: AnyRecord) -> bool:
    """Whether a record is a redacted one, by its nonce."""
    return record.nonce == NONCE


def is_code(text: str) -> bool:
    """Whether a classification code stays: digits, dots and spaces, after at most one letter."""
    return _CODE.fullmatch(text) is not None


def residue(record: AnyRecord) -> AnyRecord:
    """The redacted form of a private record; of a redacted record, itself. Raises KeyError for a public record."""
    tree: dict[str, Any] = msgspec.json.decode(canonical.encode(record))
    spec = _RECORDS[tree["type"]]
    redacted = {"type": tree["type"], "issuer": tree["issuer"], "nonce": NONCE, **_fields(tree, spec)}
    return canonical.record_of(redacted)


def _fields(tree: Mapping[str, Any], spec: Mapping[str, _Spec]) -> dict[str, Any]:
    fields = {}
    for name, value in tree.items():
        remaining = _remaining(value, spec.get(name, False))
        if remaining is not None:
            fields[name] = remaining
    return fields


def _remaining(value: Any, spec: _Spec) -> Any:
    """The remaining value of a field by its `spec`; None if it is removed."""
    if spec is _Word:
        return GONE
    if spec is _Digest:
        return NO_DIGEST
    if spec is _DocumentKind:
        kind = str(value).partition(":")[0]
        return kind if kind in _DOCUMENTS else GONE
    if spec is _Code:
        return value if isinstance(value, str) and is_code(value) else None
    if isinstance(spec, list):
        return [_remaining(one, spec[0]) for one in value] if isinstance(value, list) else None
    if isinstance(spec, dict):
        return _fields(value, spec) if isinstance(value, dict) else None
    return value if spec else None
