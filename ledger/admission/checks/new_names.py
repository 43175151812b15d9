"""Names that a record enters are free."""

from ledger.errors import Refused


def check_unused_name(name: str, known: object, what: str) -> None:
    """Raises Refused where an identifier is on the ledger already."""
    if isinstance(known, dict) and name in known:
        raise Refused(f"id: {what} {name!r} is on the ledger already", code=f"{what}-taken", field="id", value=name,
                      rule="identifiers are entered once")
