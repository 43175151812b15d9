"""The digests of documents that templates show. They are digests of nothing that a supplier has, so a record that still
names one of them is refused before it is signed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.errors import InvalidBody

SAMPLES: Final = frozenset((
    "530a725cd1949b42456fd8e668e0ee78da67e7720528e74567bfa729a9fe3919",
    "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
    "8c20ff0aba8131700502bc5e6d00b44a562885c3bf562015b22623ea79c9713e",
    "5" * 64,
))
_RULE: Final = "the SHA-256 of your document, as `sha256sum FILE` prints it"


def check_documents(tree: Mapping[str, Any]) -> None:
    """Raises InvalidBody, with all faults in `parts`, for evidence with the digest of a template."""
    faults = [
        InvalidBody(f"{field}: {digest} is the example of a template: put {_RULE}", code="template-evidence",
                    field=field, value=digest, rule=_RULE)
        for field, digest in _samples(tree, "")
    ]
    if faults:
        first = faults[0]
        error = InvalidBody(first.message, code=first.code, field=first.field, value=first.value, rule=first.rule)
        error.parts = tuple(faults) if len(faults) > 1 else ()
        raise error


def _samples(node: Any, field: str) -> Iterator[tuple[str, str]]:
    """Each digest of a template below `evidence`, with its path."""
    if isinstance(node, Mapping):
        for name, child in node.items():
            path = f"{field}.{name}".lstrip(".")
            if name == "digest" and child in SAMPLES and ".evidence[" in f".{field}":
                yield path, child
            else:
                yield from _samples(child, path)
    elif isinstance(node, list):
        for i, child in enumerate(node):
            yield from _samples(child, f"{field}[{i}]")
