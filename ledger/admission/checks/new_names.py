"""Names that a record enters must be free."""

from ledger.errors import Refused


def check_unused_name(name: str, entered: object, kind: str) -> None:
    """Raises Refused if the identifier is already on the ledger."""
    if isinstance(entered, dict) and name in entered:
        raise Refused(f"id: {kind} {name!r} is already on the ledger", code=f"{kind}-taken", field="id", value=name,
                      rule="a new identifier")
