"""How a route declares whom it answers: which parameter names the thing that is read, and how much a caller must see.

The values are data of the routes. `ledger/web/authorization.py` evaluates them before a handler runs, and a server with
an undeclared route does not start.
"""

from typing import Final, NamedTuple

from ledger.access.policy import Level


class OpenToAll(NamedTuple):
    """Data for everybody. `why` stands in the table of SECURITY.md."""

    why: str


class OfLot(NamedTuple):
    """A lot that the parameters name by its id; the parameter `item` names all lots of an item. One of them is given.
    `whole`: only for a caller who sees every record upstream in full, since the answer would give equations about
    hidden ones. `pools`: a name may also be of a pool, and stands for the lot at which its chain starts by the
    parameters `direction` and `at`. `figure`: the answer is the lot's stored figure, and its row also has the facts
    from which the policy decides: they are read once."""

    parameters: tuple[str, ...] = ("lot",)
    at_least: Level = Level.TOTALS
    whole: bool = False
    pools: bool = False
    figure: bool = False


class OfRecord(NamedTuple):
    """A record that a path parameter names by its digest."""

    parameter: str = "digest"


class OfOrganization(NamedTuple):
    """Everything of the organisations that the parameters name: by their id, or by the id of a facility or product of
    theirs. `otherwise`: parameters that count if the first
    are absent; beside them they are filters."""

    parameters: tuple[str, ...] = ("organization",)
    otherwise: tuple[str, ...] = ()


class OfThing(NamedTuple):
    """Anything that a parameter names: a record, lot, item, organisation, facility, product or pool."""

    parameter: str = "name"


class Selected(NamedTuple):
    """Everybody may ask; the handler selects the data that the caller may see. `how` stands in SECURITY.md."""

    how: str


Declaration = OpenToAll | OfLot | OfRecord | OfOrganization | OfThing | Selected
Declared = tuple[Declaration, ...]
"""Each declaration whose parameters are given has to hold."""
ACCESS: Final = "access"
"""The keyword of a route decorator that holds its declarations."""
