"""One record, one byte string: RFC 8785 (JCS), restricted to the values that a record may contain.

A body is accepted only if its sorted re-encoding equals it. Because keys are ASCII, and numbers are integers below
2^53, JCS's UTF-16 key order and number formatting equal plain sorting and plain integers.
"""

import hashlib
import json
import re
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, Final

import msgspec

from ledger.core import patch
from ledger.core.record.faults import MOST_FAULTS, ShapeFault, explained, faults_of
from ledger.core.record.kinds import Acceptance, AnyRecord, Consumption, Declaration, Transfer, Transformation
from ledger.core.record.readings import read_number
from ledger.core.record.values import RULES
from ledger.errors import InvalidBody

BOUNDED: Final = (Transformation, Transfer, Consumption, Declaration, Acceptance)
"""Record types whose fields hold nothing that a record may not contain, except for the `activity` of a transformation:
all integers have limits, all keys are ASCII, and no fraction, null or nest fits in."""
MAX_BODY = 1 << 20
MAX_DEPTH = 32
_MAX_INTEGER = 1 << 53
_MAX_SHOWN = 200
_OF_VALUES: Final = frozenset({"float", "null"})
"""Codes of faults that the canonical form finds in single values: the record's type has further ones to say."""

_generic = msgspec.json.Decoder()
_typed: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_encoder = msgspec.json.Encoder()
_sorting = msgspec.json.Encoder(order="sorted")
"""For fields of records, and for bodies with at most _FEW_KEYS: its sorting overflows the stack on objects of tens of
thousands of keys in some orders."""
_FEW_KEYS: Final = 1_000
_FRACTION: Final = "a JSON number has a fraction or an exponent"
_NUMBERS: Final = "numbers are decimal strings; integers below 2^53 are the only JSON numbers"


def digest(body: bytes) -> bytes:
    """SHA-256 of a record's canonical bytes."""
    return hashlib.sha256(body).digest()


def encode(value: object) -> bytes:
    """Canonical bytes of a record, or of any value that a record may contain. The inverse of `decode_record`."""
    return _encoder.encode(_ordered(_generic.decode(_encoder.encode(value))))


def decode_record(body: bytes, *, explain: bool = True) -> AnyRecord:
    """The record whose canonical bytes are `body`. Raises InvalidBody that names the field, the value and the rule.
    `explain`: the error has all faults of the record, and how to mend them."""
    bounded = _bounded(body)
    if bounded is not None:
        return bounded
    tree, record = _read(body, explain=explain)
    # A default value that is written out would be a second spelling of the same record.
    spelled = _sorting.encode(record)
    if spelled != body:
        raise _explain_default(tree, _generic.decode(spelled), MOST_FAULTS if explain else 1)
    return record


def _bounded(body: bytes) -> AnyRecord | None:
    """The record whose canonical bytes are `body`, in half the time: it decodes no tree of a record whose type allows
    nothing that `check_canonical` refuses. None if that has to decide."""
    if len(body) > MAX_BODY or body.count(b":") > _FEW_KEYS:
        return None
    try:
        record = _typed.decode(body)
        if not isinstance(record, BOUNDED):
            return None
        if isinstance(record, Transformation):
            spelled = bytes(record.activity)
            activity = _generic.decode(spelled)
            _walk({"activity": activity}, keys=not spelled.isascii() or b"\\u" in spelled)
            if _sorting.encode(activity) != spelled:
                return None
    except (InvalidBody, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return record if _sorting.encode(record) == body else None


def record_of(tree: object) -> AnyRecord:
    """The record that a JSON tree describes, for programs that write records. The tree may state default values, which
    `encode` leaves out. Raises InvalidBody as `decode_record` does."""
    return _read(encode(tree))[1]


def _read(body: bytes, *, explain: bool = True) -> tuple[Any, AnyRecord]:
    try:
        tree = check_canonical(body)
    except InvalidBody as error:
        if error.code not in _OF_VALUES or not explain:
            raise
        raise explained(error, _faults_of(body)) from None
    if not isinstance(tree, dict):
        raise InvalidBody("the body is not a JSON object", code="not-an-object", value=body[:40], rule="a JSON object")
    try:
        return tree, _typed.decode(body)
    except msgspec.ValidationError as error:
        first = explain_schema(str(error), tree)
        raise explained(first, faults_of(tree, AnyRecord)) if explain else first from None


def _faults_of(body: bytes) -> list[ShapeFault]:
    try:
        tree = exact_tree(body)
        faults = faults_of(tree, AnyRecord)
    except (ValueError, RecursionError):
        # Beyond the value that was refused, there are numbers or nests that nothing can read.
        return []
    seen = {fault.field for fault in faults}
    others = (fault for fault in _fractions(tree) if fault.field not in seen)
    return [*faults, *islice(others, MOST_FAULTS - len(faults))]


def _fractions(tree: Any) -> Iterator[ShapeFault]:
    """The JSON numbers with a fraction. Those in an activity have no type here."""
    nodes: deque[tuple[str, tuple[str | int, ...], Any]] = deque([("$", (), tree)])
    while nodes:
        where, steps, node = nodes.popleft()
        if isinstance(node, dict):
            nodes.extend((f"{where}.{key}", (*steps, key), child) for key, child in node.items())
        elif isinstance(node, list):
            nodes.extend((f"{where}[{i}]", (*steps, i), child) for i, child in enumerate(node))
        elif isinstance(node, Decimal):
            for number in read_number(node).values:
                yield ShapeFault(_cut(where), node, _FRACTION, _NUMBERS, "float", f'write "{number}"',
                                 mend=(patch.replace(steps, number),), certain=True)


def exact_tree(data: bytes) -> Any:
    """A JSON tree with its fractions as they are spelled. For explanations and for programs that write records."""
    return json.loads(data, parse_float=Decimal)


def _explain_default(tree: Any, spelled: Any, most: int) -> InvalidBody:
    """Names the fields of `tree` that the canonical spelling leaves out."""
    faults = list(islice(_stated_defaults(tree, spelled), most))
    if faults:
        return explained(faults[0]._replace(advice="").error(), faults)
    return InvalidBody("the body is not the canonical spelling of its record", code="not-canonical",
                       rule="one record, one byte string")


def _stated_defaults(tree: Any, spelled: Any) -> Iterator[ShapeFault]:
    pairs: deque[tuple[str, tuple[str | int, ...], Any, Any]] = deque([("$", (), tree, spelled)])
    while pairs:
        where, steps, given, canonical = pairs.popleft()
        if isinstance(given, dict):
            for key, value in given.items():
                if key not in canonical:
                    yield ShapeFault(
                        f"{where}.{key}", value, "the field states its default value",
                        "leave out fields that have their default value", "stated-default", "leave it out",
                        mend=(patch.drop((*steps, key)),), certain=True,
                    )
                    continue
                pairs.append((f"{where}.{key}", (*steps, key), value, canonical[key]))
        elif isinstance(given, list):
            pairs.extend((f"{where}[{i}]", (*steps, i), one, canonical[i]) for i, one in enumerate(given)
                         if isinstance(one, dict | list))


def check_canonical(body: bytes) -> Any:
    """The generic JSON tree of `body`. Raises InvalidBody if `body` is not its canonical spelling."""
    if len(body) > MAX_BODY:
        raise InvalidBody(
            f"the body has {len(body)} bytes", code="body-too-large", value=len(body), rule=f"at most {MAX_BODY} bytes"
        )
    try:
        tree = _generic.decode(body)
    except RecursionError:
        raise _too_deep("$") from None
    except msgspec.ValidationError:
        # The generic decoder raises this for well-formed JSON only if an integer is too long.
        raise InvalidBody(
            "an integer has thousands of digits", code="integer-too-large", value=body[:40],
            rule="integers must be between -2^53 and 2^53",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidBody(f"not JSON: {error}", code="not-json", value=body[:40], rule="RFC 8259 JSON") from None
    # Keys are ASCII if the body is ASCII without escapes.
    _walk(tree, keys=not body.isascii() or b"\\u" in body)
    # A body has no more keys than colons. Of ASCII keys, the order of the encoder is the order of RFC 8785.
    few = body.count(b":") <= _FEW_KEYS
    canonical = _sorting.encode(tree) if few else _encoder.encode(_ordered(tree))
    if canonical != body:
        raise _explain_spelling(body, canonical)
    return tree


def _ordered(tree: Any) -> Any:
    """The tree with the keys of each object in order."""
    if isinstance(tree, dict):
        return {key: _ordered(tree[key]) for key in sorted(tree)}
    if isinstance(tree, list):
        return [_ordered(item) if isinstance(item, dict | list) else item for item in tree]
    return tree


def _walk(tree: Any, *, keys: bool = True) -> None:
    """Refuses values that JCS allows but a record does not. `keys`: also check the keys.

    This walks level by level, so depth costs no stack. A decoder makes no instances of subclasses, so this compares
    types, which is faster.
    """
    above: list[Any] = []
    level = [tree]
    depth = 1
    while level:
        if depth > MAX_DEPTH:
            raise _too_deep(_path_to(tree, next(node for node in above if isinstance(node, dict | list) and node)))
        below: list[Any] = []
        for node in level:
            kind = type(node)
            if kind is str:
                continue
            if kind is dict:
                for key in node if keys else ():
                    if not key.isascii():
                        raise InvalidBody(
                            f"key {_shown(key)} is not ASCII", code="non-ascii-key", field=_path_to(tree, node),
                            value=key, rule="keys are ASCII",
                        )
                below.extend(node.values())
            elif kind is list:
                below.extend(node)
            elif node is None:
                raise InvalidBody(
                    "null is not allowed", code="null", field=_path_to(tree, node), value="null",
                    rule="absent fields are left out",
                )
            elif kind is float:
                raise InvalidBody(_FRACTION, code="float", field=_path_to(tree, node), value=node, rule=_NUMBERS)
            elif not -_MAX_INTEGER < node < _MAX_INTEGER:
                raise InvalidBody(
                    f"integer {_shown(node)} is too large", code="integer-too-large", field=_path_to(tree, node),
                    value=node, rule="integers must be between -2^53 and 2^53",
                )
        above, level = level, below
        depth += 1


def _too_deep(field: str) -> InvalidBody:
    return InvalidBody(
        f"the body is nested more than {MAX_DEPTH} levels deep", code="too-deep", field=field,
        rule=f"at most {MAX_DEPTH} levels",
    )


def _path_to(tree: Any, target: Any) -> str:
    """The path of the first node that is `target` (by identity); only errors need it."""
    stack: list[tuple[str, Any]] = [("$", tree)]
    while stack:
        path, node = stack.pop()
        if node is target:
            return _cut(path)
        if isinstance(node, dict):
            stack.extend((f"{path}.{key}", child) for key, child in reversed(node.items()))
        elif isinstance(node, list):
            stack.extend((f"{path}[{i}]", child) for i, child in reversed(list(enumerate(node))))
    return "$"


def _explain_spelling(body: bytes, canonical: bytes) -> InvalidBody:
    duplicates: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        node: dict[str, Any] = {}
        for key, value in items:
            if key in node:
                duplicates.append(key)
            node[key] = value
        return node

    json.loads(body, object_pairs_hook=pairs)
    if duplicates:
        return InvalidBody(
            f"key {_shown(duplicates[0])} appears twice in one object", code="duplicate-key",
            field=_cut(duplicates[0]), value=duplicates[0], rule="every key once",
        )
    at = next((i for i, (a, b) in enumerate(zip(body, canonical, strict=False)) if a != b), len(canonical))
    return InvalidBody(
        f"not canonical at byte {at}: {body[at:at + 20]!r}, but the canonical form has {canonical[at:at + 20]!r}",
        code="not-canonical", value=body[at : at + 20].decode("utf-8", "replace"),
        rule="RFC 8785: sorted keys, no spaces, shortest escapes, no `-0`",
    )


_WHERE = re.compile(r"^(?P<complaint>.*?)(?: - at (?P<key>`key` in )?`(?P<path>[^`]*)`)?$", re.S)
_FIELD = re.compile(r"(?:unknown|required) field `([^`]*)`")
_PATTERN = re.compile(r"matching regex '(.*)'$", re.S)
_LENGTH = re.compile(r"of length (>=|<=) (\d+)$")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+|\.\.\.)\]")
_ANY_KEY = "[...]"


def explain_schema(message: str, tree: Any, root: str = "$") -> InvalidBody:
    """Msgspec's complaint about `tree` as an error that names field, value and rule; `root` replaces its `$`."""
    match = _WHERE.match(message)
    complaint, path = (match["complaint"], match["path"] or "$") if match else (message, "$")
    of_key = bool(match and match["key"])
    named = _FIELD.search(complaint)
    if named:
        code = "unknown-field" if "unknown" in complaint else "missing-field"
        where = path + "." + named[1]
        return InvalidBody(
            f"{_cut(complaint.replace('Object', 'the object'))} at {root}{path[1:]}", code=code,
            field=_cut(root + where[1:]), value=_value_at(tree, where),
            rule="exactly the fields of the record's type",
        )
    quoted = _PATTERN.search(complaint)
    pattern = quoted[1].encode().decode("unicode_escape") if quoted else None
    rule = RULES.get(pattern, complaint) if pattern else complaint
    value = _value_at(tree, path)
    if of_key:
        keys = value if isinstance(value, dict) else ()
        value = next((key for key in keys if _breaks(key, complaint, pattern)), None)
    elif path.endswith(_ANY_KEY):
        path, value = _first_breaking(tree, path, complaint, pattern)
    field = root + path[1:]
    return InvalidBody(f"{field}: {_shown(value)}: {rule}", code="invalid-field", field=field, value=value, rule=rule)


def _first_breaking(tree: Any, path: str, complaint: str, pattern: str | None) -> tuple[str, Any]:
    """Path and value of the first wrong value of a mapping, since msgspec does not name its key."""
    mapping = path.removesuffix(_ANY_KEY)
    values = _value_at(tree, mapping)
    for key, value in values.items() if isinstance(values, dict) else ():
        if _breaks(value, complaint, pattern):
            return f"{mapping}.{key}", value
    return path, None


def _breaks(value: Any, complaint: str, pattern: str | None) -> bool:
    """Whether msgspec's complaint can be about `value`."""
    if complaint.startswith("Invalid enum value"):
        return complaint == f"Invalid enum value {value!r}"
    length = _LENGTH.search(complaint)
    if length and isinstance(value, str):
        return len(value) < int(length[2]) if length[1] == ">=" else len(value) > int(length[2])
    if isinstance(value, str):
        return pattern is not None and not re.search(pattern, value)
    return True


def _shown(value: Any) -> str:
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}… ({len(text)} characters)"


def _value_at(tree: Any, path: str) -> Any:
    node = tree
    for key, index in _STEP.findall(path):
        try:
            node = node[key] if key else node[int(index)]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return node
