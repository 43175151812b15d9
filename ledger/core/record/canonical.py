"""One record, one byte string: RFC 8785 (JCS) restricted to what a record may contain.

A body is accepted only if its sorted re-encoding equals it. Because keys are ASCII, and numbers are integers below
2^53, JCS's UTF-16 key order and number formatting fall together with plain sorting and plain integers.
"""

import hashlib
import json
import re
from typing import Any

import msgspec

from ledger.core.record.kinds import AnyRecord
from ledger.core.record.values import RULES
from ledger.errors import InvalidBody

MAX_BODY = 1 << 20
MAX_DEPTH = 32
_MAX_INTEGER = 1 << 53
_MAX_SHOWN = 200

_generic = msgspec.json.Decoder()
_typed: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_encoder = msgspec.json.Encoder(order="sorted")


def digest(body: bytes) -> bytes:
    """SHA-256 of a record's canonical bytes."""
    return hashlib.sha256(body).digest()


def encode(value: object) -> bytes:
    """Canonical bytes of a record or of any value of records' vocabulary. The inverse of `decode_record`."""
    return _encoder.encode(_generic.decode(_encoder.encode(value)))


def decode_record(body: bytes) -> AnyRecord:
    """The record whose canonical bytes are `body`; raises InvalidBody that names the field, the value and the rule."""
    tree, record = _read(body)
    # A default that is written out would be a second spelling of the same record.
    spelled = _encoder.encode(record)
    if spelled != body:
        raise _explain_default(tree, _generic.decode(spelled))
    return record


def record_of(tree: object) -> AnyRecord:
    """The record that a JSON tree describes, for those who write one: stated defaults are let pass, and left out by
    `encode`. Raises InvalidBody as `decode_record` does."""
    return _read(encode(tree))[1]


def _read(body: bytes) -> tuple[Any, AnyRecord]:
    tree = check_canonical(body)
    if not isinstance(tree, dict):
        raise InvalidBody("a record is a JSON object", code="not-an-object", value=body[:40], rule="a JSON object")
    try:
        return tree, _typed.decode(body)
    except msgspec.ValidationError as error:
        raise explain_schema(str(error), tree) from None


def _explain_default(tree: Any, spelled: Any) -> InvalidBody:
    """Names the first field of `tree` that its one spelling leaves out."""
    pairs: list[tuple[str, Any, Any]] = [("$", tree, spelled)]
    while pairs:
        where, found, wanted = pairs.pop(0)
        if isinstance(found, dict):
            for key, value in found.items():
                if key not in wanted:
                    return InvalidBody(
                        f"{where}.{key} states its default", code="stated-default", field=f"{where}.{key}", value=value,
                        rule="fields that hold their default are left out",
                    )
                pairs.append((f"{where}.{key}", value, wanted[key]))
        elif isinstance(found, list):
            pairs.extend((f"{where}[{i}]", one, wanted[i]) for i, one in enumerate(found))
    return InvalidBody("the record has another spelling", code="not-canonical", rule="one record, one byte string")


def check_canonical(body: bytes) -> Any:
    """The generic JSON tree of `body`; raises InvalidBody where `body` is not its one canonical spelling."""
    if len(body) > MAX_BODY:
        raise InvalidBody(
            f"the body has {len(body)} bytes", code="body-too-large", value=len(body), rule=f"at most {MAX_BODY} bytes"
        )
    try:
        tree = _generic.decode(body)
    except RecursionError:
        raise _too_deep("$") from None
    except msgspec.ValidationError:
        # The one thing that the generic decoder finds wrong in well-formed JSON.
        raise InvalidBody(
            "an integer has thousands of digits", code="integer-too-large", value=body[:40],
            rule="integers lie between -2^53 and 2^53",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidBody(f"not JSON: {error}", code="not-json", value=body[:40], rule="RFC 8259 JSON") from None
    # Decoded from ASCII without escapes, keys are ASCII.
    _walk(tree, keys=not body.isascii() or b"\\u" in body)
    if _encoder.encode(tree) != body:
        raise _explain_spelling(body, _encoder.encode(tree))
    return tree


def _walk(tree: Any, *, keys: bool = True) -> None:
    """Finds what JCS would allow but a record may not hold; `keys`: they have to be looked at.

    Levels are kept in a list, so depth costs no stack. What a decoder makes has no subclasses, so types are compared,
    which is faster.
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
                raise InvalidBody(
                    "a JSON number with fraction or exponent", code="float", field=_path_to(tree, node), value=node,
                    rule="numbers are decimal strings; integers below 2^53 are the only JSON numbers",
                )
            elif not -_MAX_INTEGER < node < _MAX_INTEGER:
                raise InvalidBody(
                    f"integer {_shown(node)} is too large", code="integer-too-large", field=_path_to(tree, node),
                    value=node, rule="integers lie between -2^53 and 2^53",
                )
        above, level = level, below
        depth += 1


def _too_deep(field: str) -> InvalidBody:
    return InvalidBody(
        f"nested more than {MAX_DEPTH} levels deep", code="too-deep", field=field, rule=f"at most {MAX_DEPTH} levels"
    )


def _path_to(tree: Any, target: Any) -> str:
    """The path of the first node that is `target` (by identity), found again only to explain an error."""
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
        found: dict[str, Any] = {}
        for key, value in items:
            if key in found:
                duplicates.append(key)
            found[key] = value
        return found

    json.loads(body, object_pairs_hook=pairs)
    if duplicates:
        return InvalidBody(
            f"key {_shown(duplicates[0])} appears twice in one object", code="duplicate-key",
            field=_cut(duplicates[0]), value=duplicates[0], rule="every key appears once",
        )
    at = next((i for i, (a, b) in enumerate(zip(body, canonical, strict=False)) if a != b), len(canonical))
    return InvalidBody(
        f"not canonical at byte {at}: {body[at:at + 20]!r} where the canonical form has {canonical[at:at + 20]!r}",
        code="not-canonical", value=body[at : at + 20].decode("utf-8", "replace"),
        rule="RFC 8785: sorted keys, no spaces, shortest escapes, no `-0`",
    )


_WHERE = re.compile(r"^(?P<what>.*?)(?: - at (?P<key>`key` in )?`(?P<path>[^`]*)`)?$", re.S)
_FIELD = re.compile(r"(?:unknown|required) field `([^`]*)`")
_PATTERN = re.compile(r"matching regex '(.*)'$", re.S)
_LENGTH = re.compile(r"of length (>=|<=) (\d+)$")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+|\.\.\.)\]")
_ANY_KEY = "[...]"


def explain_schema(message: str, tree: Any, root: str = "$") -> InvalidBody:
    """Msgspec's complaint about `tree` as an error that names field, value and rule; `root` stands for its `$`."""
    found = _WHERE.match(message)
    what, path = (found["what"], found["path"] or "$") if found else (message, "$")
    of_key = bool(found and found["key"])
    named = _FIELD.search(what)
    if named:
        code = "unknown-field" if "unknown" in what else "missing-field"
        where = path + "." + named[1]
        return InvalidBody(
            f"{_cut(what.replace('Object', 'the object'))} at {root}{path[1:]}", code=code,
            field=_cut(root + where[1:]), value=_value_at(tree, where),
            rule="exactly the fields of its type, and no others",
        )
    quoted = _PATTERN.search(what)
    pattern = quoted[1].encode().decode("unicode_escape") if quoted else None
    rule = RULES.get(pattern, what) if pattern else what
    value = _value_at(tree, path)
    if of_key:
        value = next((key for key in value if _breaks(key, what, pattern)), None) if isinstance(value, dict) else None
    elif path.endswith(_ANY_KEY):
        path, value = _first_breaking(tree, path, what, pattern)
    field = root + path[1:]
    return InvalidBody(f"{field}: {_shown(value)}: {rule}", code="invalid-field", field=field, value=value, rule=rule)


def _first_breaking(tree: Any, path: str, what: str, pattern: str | None) -> tuple[str, Any]:
    """Msgspec does not say under which key of a mapping a value is wrong: path and value of the first that is."""
    mapping = path.removesuffix(_ANY_KEY)
    values = _value_at(tree, mapping)
    for key, value in values.items() if isinstance(values, dict) else ():
        if _breaks(value, what, pattern):
            return f"{mapping}.{key}", value
    return path, None


def _breaks(value: Any, what: str, pattern: str | None) -> bool:
    """Whether `value` may be what msgspec complains about, as far as its words tell."""
    if what.startswith("Invalid enum value"):
        return what == f"Invalid enum value {value!r}"
    length = _LENGTH.search(what)
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
