"""Strict checks of custom resources against TypeScript declarations of the kubernetes-models packages.

A field that its type does not have is a fault, and so are a missing field and a value of another type. The packages'
own validators accept unknown fields, which an API server would drop without a word. Types of Kubernetes itself, such
as the metadata, count as anything.
"""

import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

FOLDER: Final = Path(sys.prefix, "schemas")
"""Where `.ci/schemas.py` puts the packages, as the first step of `make test`."""
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z_][\w.]*|\S')
_IMPORT: Final = re.compile(r'^import \{ ([\w, ]+) \} from "([^"]+)";', re.M)
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {"string": (str,), "number": (int, float), "boolean": (bool,)}


class Field(NamedTuple):
    tokens: list[str]
    required: bool


class Declaration(NamedTuple):
    """`imports`: files by the names that they declare. `fields` of a class; else `alias`, the tokens of a type."""

    imports: Mapping[str, Path | None]
    fields: Mapping[str, Field]
    alias: list[str]


def faults(manifest: Mapping[str, Any]) -> list[str]:
    """What is wrong with a custom resource; each fault names its field."""
    group, _, version = str(manifest["apiVersion"]).partition("/")
    package = {"postgresql.cnpg.io": "cloudnative-pg", "monitoring.coreos.com": "prometheus-operator"}[group]
    return _object(FOLDER / package / "package" / group / version / f"{manifest['kind']}.d.ts", manifest, "")


def faults_of_store(configuration: Mapping[str, Any]) -> list[str]:
    """The same for the configuration of an ObjectStore of the Barman Cloud plugin."""
    folder = FOLDER / "cloudnative-pg" / "package" / "github.com" / "cloudnative-pg" / "barman-cloud" / "pkg" / "api"
    return _object(folder / "BarmanObjectStoreConfiguration.d.ts", configuration, "")


def _object(file: Path, value: Any, path: str) -> list[str]:
    declared = _declaration(file)
    if declared.alias:
        return _check(declared, declared.alias, value, path)
    return _fields(declared, declared.fields, value, path)


def _fields(declared: Declaration, fields: Mapping[str, Field], value: Any, path: str) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"{path} is no object"]
    unknown = [f"{path}.{name} is unknown" for name in value if name not in fields]
    missing = [f"{path}.{name} is missing" for name, field in fields.items() if field.required and name not in value]
    inner = [fault for name, field in fields.items() if name in value
             for fault in _check(declared, field.tokens, value[name], f"{path}.{name}")]
    return [*unknown, *missing, *inner]


def _check(declared: Declaration, tokens: list[str], value: Any, path: str) -> list[str]:
    """A type is a union of alternatives: literals, names, arrays, maps and objects."""
    found = [_one(declared, alternative, value, path) for alternative in _alternatives(tokens)]
    return [] if any(not faults for faults in found) else found[0] if len(found) == 1 else [
        f"{path} is {value!r}, not one of {' '.join(tokens)}"]


def _one(declared: Declaration, tokens: list[str], value: Any, path: str) -> list[str]:
    first = tokens[0]
    if first.startswith('"'):
        return [] if value == first.strip('"') else [f"{path} is {value!r}, not {first}"]
    if first in _KINDS:
        fits = isinstance(value, _KINDS[first]) and (first == "boolean") == isinstance(value, bool)
        return [] if fits else [f"{path} is {value!r}, no {first}"]
    if first == "Array":
        if not isinstance(value, list):
            return [f"{path} is no list"]
        return [fault for at, item in enumerate(value)
                for fault in _check(declared, tokens[2:-1], item, f"{path}[{at}]")]
    if first == "{" and tokens[1] == "[":
        values = tokens[tokens.index("]") + 2 : -2]
        return [fault for name, item in value.items() for fault in _check(declared, values, item, f"{path}.{name}")]
    if first == "{":
        return _fields(declared, _parsed(tokens[1:-1]), value, path)
    target = declared.imports[first]
    return [] if target is None else _object(target, value, path)


def _alternatives(tokens: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token in ("{", "<", "[", "(")) - (token in ("}", ">", "]", ")"))
        if token == "|" and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _parsed(tokens: list[str]) -> dict[str, Field]:
    """Fields such as `"name"?: string;`."""
    fields: dict[str, Field] = {}
    at = 0
    while at < len(tokens) and tokens[at].startswith('"'):
        optional = tokens[at + 1] == "?"
        begin = end = at + 2 + optional
        depth = 0
        while depth or tokens[end] != ";":
            depth += (tokens[end] in ("{", "<", "(")) - (tokens[end] in ("}", ">", ")"))
            end += 1
        fields[tokens[at].strip('"')] = Field(tokens[begin:end], not optional)
        at = end + 1
    return fields


@cache
def _declaration(file: Path) -> Declaration:
    text = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.S)
    imports: dict[str, Path | None] = {}
    for names, source in _IMPORT.findall(text):
        target = (file.parent / source).with_suffix(".d.ts").resolve() if source.startswith(".") else None
        imports |= dict.fromkeys(names.replace(" ", "").split(","), target)
    flat = re.search(r"^export declare class \w+ .*?\{\n(.*?)^\}", text, re.M | re.S)
    if flat is not None:
        return Declaration(imports, _parsed(_TOKEN.findall(flat[1])), [])
    alias = re.search(r"^export type I\w+ = (.*?);$", text, re.M | re.S)
    if alias is None:
        raise ValueError(f"{file} declares neither a class nor a type")
    return Declaration(imports, {}, _TOKEN.findall(alias[1]))
