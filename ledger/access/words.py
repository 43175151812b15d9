"""Declarations in words, for SECURITY.md."""

from ledger.access.declared import Declaration, Declared, OfLot, OfOrganization, OfRecord, OfThing, OpenToAll, Selected
from ledger.access.policy import Level

_LEVELS = {
    Level.TOTALS: "its parties, and whoever was granted it",
    Level.STAGES: "its maker, and whoever was granted its stages",
    Level.SUPPLIERS: "its maker, and whoever was granted its suppliers",
    Level.FULL: "its maker, and whoever was granted it in full",
}


def in_words(declared: Declared) -> str:
    """Whom a route answers."""
    return "; ".join([_words(declaration) for declaration in declared])


def _words(declaration: Declaration) -> str:
    match declaration:
        case OpenToAll(why):
            return f"everybody: {why}"
        case Selected(how):
            return f"everybody: {how}"
        case OfLot(parameters, at_least, whole, _):
            named = " or ".join(parameters)
            return f"of the {named}: " + ("whoever may read each record of its chain" if whole else _LEVELS[at_least])
        case OfRecord():
            return "of the record: its issuer and parties, and whoever was granted it"
        case OfOrganization(parameters, otherwise):
            named = " or ".join(parameters + otherwise)
            return f"of the {named}: the organisation, its parent, and whoever was granted all of its records"
        case OfThing():
            return "of the named thing: whoever may read it"
