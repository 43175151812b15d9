"""Examples of records. `examples.json` of this package has one for each kind, `examples.json` of a sector's package one
for each route: a list that ends with the example and begins with the records that it refers to, in the order of a log.

All examples are records of one organisation (`OWN`) unless they name another issuer. In the files, a digest such as
`@1` stands for the digest of record 1 of the list. Examples compute nothing, so the digest of a plugin leaves them out.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from ledger.core.record import canonical
from ledger.errors import InvalidInput
from ledger.host.files.key_files import new_nonce
from ledger.registry.reference.texts import has_file

EXAMPLES: Final = "examples.json"
OWN: Final = "urn:example:foundry"
"""The organisation whose records the examples are."""
_PACKAGE: Final = "ledger.registry.reference"

Tree = dict[str, Any]


@cache
def examples(package: str = _PACKAGE) -> Mapping[str, Sequence[Tree]]:
    """The examples in a package by kind or route, with all issuers; empty without that file. They have no nonces, apart
    from records to which others refer by digest."""
    if not has_file(package, EXAMPLES):
        return {}
    listed = msgspec.json.decode(files(package).joinpath(EXAMPLES).read_bytes(), type=dict[str, list[Tree]])
    return {name: _resolved(records) for name, records in listed.items()}


def _resolved(records: Sequence[Tree]) -> Sequence[Tree]:
    whole: list[Tree] = []
    names: dict[str, str] = {}
    for i, record in enumerate(records):
        tree: Tree = _renamed({"issuer": OWN, **record}, names, OWN)
        whole.append(tree)
        names[f"@{i}"] = _digest(tree)
    return whole


def for_issuer(records: Sequence[Tree], issuer: str) -> list[Tree]:
    """The records of an example as records of `issuer` instead of `OWN`, with their own digests. Each nonce is a new
    one: whoever knows the nonce of a record can guess its hidden values."""
    whole: list[Tree] = []
    names: dict[str, str] = {}
    for record in records:
        tree: Tree = _renamed(record, names, issuer)
        if "nonce" in tree:
            tree["nonce"] = new_nonce()
        whole.append(tree)
        names[_digest(record)] = _digest(tree)
    return whole


def check_nonce(nonce: str) -> None:
    """Raises InvalidInput for the nonce of an example, which everybody can read."""
    if nonce in _nonces():
        raise InvalidInput(
            f"nonce: {nonce!r} is the nonce of a published example, so others could guess the record's hidden values",
            code="public-nonce", field="nonce", value=nonce, rule="no nonce: signing adds a random one")


@cache
def _nonces() -> frozenset[str]:
    return frozenset(record["nonce"] for records in examples().values() for record in records if "nonce" in record)


def _digest(tree: Tree) -> str:
    return canonical.digest(canonical.encode(tree)).hex()


def _renamed(node: Any, names: Mapping[str, str], issuer: str) -> Any:
    """The value with other digests, and with identifiers of `issuer`."""
    if isinstance(node, dict):
        return {name: _renamed(child, names, issuer) for name, child in node.items()}
    if isinstance(node, list):
        return [_renamed(child, names, issuer) for child in node]
    if not isinstance(node, str):
        return node
    if node == OWN or node.startswith(f"{OWN}:"):
        return issuer + node.removeprefix(OWN)
    return names.get(node, node)
