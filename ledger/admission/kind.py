"""What the ledger does with the records of one kind: the interface that each module of this folder fills in.

A new kind is a Struct in `ledger.core.record.kinds`, a module here, and its row in `table.py`.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

from ledger.admission.facts import Facts, LotFacts
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import KeyEffect, State
from ledger.core.record.base import Record
from ledger.core.record.values import PublicKey

R = TypeVar("R", bound=Record)
Row = tuple[str, tuple[Any, ...]]
"""A lookup row: its table, and its values in the order of the table's columns."""


class Terms(NamedTuple):
    """What a plan depends on beside record and facts. `tolerance`: that of the record's sector for the mass rule;
    `element_tolerance`: that for the balances of elements, which are not looked at without one; `before`: of an amended
    record, the lot number that its inputs lie below."""

    tolerance: Decimal = Decimal(0)
    element_tolerance: Decimal | None = None
    before: int | None = None


class Before(NamedTuple):
    """What only the state before a record tells: whether it ends a dispute, and what it does to keys."""

    settles: bool = False
    keys: KeyEffect | None = None


class Kind(Generic[R]):
    """The rules for one record kind. A method that a kind does not override has nothing to say."""

    def names(self, record: R, names: Names) -> None:
        """Collects what the record names, its issuer left out, so that a batch's state can be loaded before its rules
        run."""

    def mentions(self, record: R) -> Iterable[str]:
        """Everything by name on which the plan rests, the issuer and the record's own identifiers left out."""
        return ()

    def flows(self, record: R) -> Sequence[str]:
        """What the record's flows name, in order: lots, pools, or products of default pools."""
        return ()

    def enters(self, record: R, digest: bytes) -> str | None:
        """The name by which later records find what this one enters, besides lots."""
        return None

    def outside_names(self, record: R) -> Iterator[tuple[str, str]]:
        """Field and identifier of what the record names that need not be on the ledger."""
        yield from ()

    def entered_keys(self, record: R) -> tuple[str, Sequence[PublicKey]]:
        """The field of the keys that the record enters, and these."""
        return "keys", ()

    def plan(self, record: R, facts: Facts, terms: Terms) -> Plan:
        """What the record would do, as far as immutable facts decide. Raises Refused or InvalidInput."""
        return Plan()

    def check(self, record: R, keyid: bytes, state: State) -> None:
        """Raises Refused where the log's order forbids the record. `keyid` has signed it and is active."""

    def check_open(self, record: R, state: State) -> None:
        """Raises Refused where the record lies in a closed period."""

    def before(self, record: R, state: State) -> Before:
        """Of an admitted record, to be asked before it is applied."""
        return _NOTHING

    def apply(self, record: R, digest: bytes, state: State) -> None:
        """Enters what the record at index `state.size` makes known besides lots."""

    def entered_lot(self, record: R, digest: bytes, lot: LotFacts) -> LotFacts:
        """A planned lot with what only the digest adds."""
        return lot

    def rows(self, record: R, index: int, state: State, before: Before) -> Iterator[Row]:
        """The lookup rows of the record at `index`, which is applied to `state`."""
        yield from ()

    def new_lot_field(self, record: R, place: int) -> str:
        """The field that names the lot which the record creates at this place."""
        return f"{self.created_field(record, place)}.lot"

    def created_field(self, record: R, place: int) -> str:
        """The output at this place."""
        return f"outputs[{place}]"

    def item_field(self, record: R, place: int) -> str:
        """The field at fault where an item of the lot at this place is in another lot."""
        return f"{self.created_field(record, place)}.item"

    def taken_field(self, record: R, plan: Plan, place: int, name: str) -> str:
        """The field `name` of what the record takes at this place."""
        return f"inputs[{place}].{name}"

    def overdrawn(self, record: R, role: str) -> tuple[str, str] | None:
        """What is wrong where more is taken of a lot of this role than it has left, and the rule; None for the general
        words."""
        return None


_NOTHING = Before()
