"""What is left of a private record once its body is erased: what balances, figures and later records rest on.

Identifiers, times, flows and numbers stay. Whatever a person wrote in words goes: the activity, descriptions, names,
reasons, evidence, sources of factors, destinations; and with the nonce the means to guess the body from its digest. A
residue is a record of the same type with a nonce of its own, so it is read and planned like one. Its salts come of the
stored seed, its assessment is the one that its outcome commits to, its digest is no one's.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ledger.core.record import canonical
from ledger.core.record.kinds import AnyRecord

NONCE: Final = "erased-erased-erased-A"
"""In place of the nonce; a posted record that carries it is refused."""

GONE: Final = "erased"
"""In place of words that a record of its type cannot do without."""

_CODE: Final = re.compile(r"[A-Z]?[0-9][0-9. ]{0,15}")


class _Code:
    """A code of a classification stays; words in its place go."""


class _Word:
    """Words that give way to `GONE`, since the type asks for some."""


_KEPT: Final = True
_Spec = bool | type[_Code] | type[_Word] | list[Any] | dict[str, Any]


def _kept(names: str) -> dict[str, _Spec]:
    return dict.fromkeys(names.split(), _KEPT)


_FACTOR: Final = _kept("value unit year boundary gas deviation pedigree") | {"source": _Word}
_SUPPLY: Final = _kept("material quantity product mass origin declaration deviation pedigree") | {"factor": _FACTOR}
_OUTPUT: Final = _kept(
    "lot product quantity role origin mass value heatingValue moles share item materials elements previousLife owner "
    "attribute"
) | {"credit": {"material": _KEPT, "factor": _FACTOR}}
_CHANGED: Final[Mapping[str, _Spec]] = _kept(
    "start end inputs allocation basis quantity time onBehalfOf boundary burdens primaryShare deviation pedigree"
) | {"supplies": [_SUPPLY], "outputs": [_OUTPUT], "transport": [_SUPPLY], "packaging": [_SUPPLY], "lot": _OUTPUT}
"""Of fields that an amendment replaces. One by a name that is not here goes."""

_RECORDS: Final[Mapping[str, dict[str, _Spec]]] = {
    "facility": _kept("id country subdivision") | {"industry": _Code},
    "product": _kept("id sector unit massPerUnit materials elements fossilCarbon biogenicCarbon") | {
        "classifications": {"cn": _Code, "hs": _Code, "cpc": _Code}},
    "transformation": _kept("facility start end process inputs allocation basis") | {
        "outputs": [_OUTPUT], "supplies": [_SUPPLY], "activity": {}},
    "transfer": _kept("lot quantity to newLot time purpose tolerance") | {
        "transport": [_SUPPLY], "packaging": [_SUPPLY]},
    "acceptance": _kept("transfer received returnLot disputed"),
    "consumption": _kept("inputs time purpose onBehalfOf claim facility start end") | {"outputs": [_OUTPUT]},
    "declaration": _kept(
        "start end basis boundary burdens primaryShare per facility deviation pedigree") | {"lot": _OUTPUT},
    "pool": _kept("id facility product role origin custody averaging default attribute conversion balanceMonths"),
    "addition": _kept("pool inputs time creditLot credits"),
    "amendment": {"changes": [_kept("record withdrawn") | {"fields": _CHANGED}], "reason": _Word},
    "closing": _kept("facility start end processes spread retired") | {
        "measured": [_SUPPLY], "overheads": [_SUPPLY]},
    "reopening": _kept("closing") | {"reason": _Word},
    "attestation": _kept("subject level opinion start end validUntil samples materiality") | {"standard": _Word},
    "report": _kept("facility start end"),
}
"""By type: every field that stays. A type that is not here cannot be erased."""


def is_residue(record: AnyRecord) -> bool:
    """Whether a record is what is left of one, as far as it says itself."""
    return record.nonce == NONCE


def residue(record: AnyRecord) -> AnyRecord:
    """What is left of a private record; of a residue, itself. Raises KeyError for a public record, which has none."""
    tree: dict[str, Any] = msgspec.json.decode(canonical.encode(record))
    spec = _RECORDS[tree["type"]]
    left = {"type": tree["type"], "issuer": tree["issuer"], "nonce": NONCE, **_fields(tree, spec)}
    return canonical.record_of(left)


def _fields(tree: Mapping[str, Any], spec: Mapping[str, _Spec]) -> dict[str, Any]:
    found = {}
    for name, value in tree.items():
        left = _left(value, spec.get(name, False))
        if left is not None:
            found[name] = left
    return found


def _left(value: Any, spec: _Spec) -> Any:
    """What is left of a field's value by its `spec`: None where it goes."""
    if spec is _Word:
        return GONE
    if spec is _Code:
        return value if isinstance(value, str) and _CODE.fullmatch(value) else None
    if isinstance(spec, list):
        return [_left(one, spec[0]) for one in value] if isinstance(value, list) else None
    if isinstance(spec, dict):
        return _fields(value, spec) if isinstance(value, dict) else None
    return value if spec else None
