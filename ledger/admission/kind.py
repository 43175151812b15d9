"""The interface for the rules of one record kind. Each module in `kinds` implements it.

A new kind needs a Struct in `ledger.core.record.kinds`, a module in `kinds`, and a row in `kinds/table.py`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

from ledger.admission.facts import Facts, LotFacts
from ledger.admission.lots import Check, Plan
from ledger.admission.names import Names
from ledger.admission.state import KeyEffect, State
from ledger.core.record.base import Record
from ledger.core.record.values import PublicKey

R = TypeVar("R", bound=Record)
Row = tuple[str, tuple[Any, ...]]
"""A lookup row: its table, and its values in the order of the table's columns."""


class Terms(NamedTuple):
    """The inputs of a plan besides record and facts. `tolerance`: the tolerance of the record's sector for the mass
    rule; `element_tolerance`: its tolerance for the balances of elements, which are not checked if it is None;
    `before`, of an amended record: its inputs have lot numbers below this."""

    tolerance: Decimal = Decimal(0)
    element_tolerance: Decimal | None = None
    before: int | None = None


class Before(NamedTuple):
    """Effects that depend on the state before the record: whether it ends a dispute, its effect on keys, and the totals
    of goods that it sets, in kg by organisation and subject."""

    settles: bool = False
    keys: KeyEffect | None = None
    goods: Mapping[tuple[str, str], Decimal] = {}


class Kind(Generic[R]):
    """The rules for one record kind. The default of each method applies no rule."""

    def names(self, record: R, names: Names) -> None:
        """Collects the names in the record, except its issuer, so that a batch's state can be loaded before its rules
        run."""

    def mentions(self, record: R) -> Iterable[str]:
        """All names on which the plan depends, except the issuer and the record's own identifiers."""
        return ()

    def flows(self, record: R) -> Sequence[str]:
        """The names in the record's flows, in order: lots, pools, or products of default pools."""
        return ()

    def enters(self, record: R, digest: bytes) -> str | None:
        """The name by which later records find the thing, other than lots, that this record enters."""
        return None

    def outside_names(self, record: R) -> Iterator[tuple[str, str]]:
        """Field and identifier of the things in the record that need not be on the ledger."""
        yield from ()

    def entered_keys(self, record: R) -> tuple[str, Sequence[PublicKey]]:
        """The field with the keys that the record enters, and the keys."""
        return "keys", ()

    def plan(self, record: R, facts: Facts, terms: Terms) -> Plan:
        """The record's planned effect, from immutable facts. Raises Refused or InvalidInput."""
        return Plan()

    def parts(self, record: R, facts: Facts) -> Iterator[Check]:
        """The rules of `plan` that concern one part of the record each, so that all faults of a refused record are
        named at once."""
        yield from ()

    def check(self, record: R, keyid: bytes, state: State) -> None:
        """Raises Refused if the log's order forbids the record. The active key `keyid` has signed it."""

    def check_open(self, record: R, state: State) -> None:
        """Raises Refused if the record lies in a closed period."""

    def before(self, record: R, state: State) -> Before:
        """The effects of an admitted record; call this before the record is applied."""
        return _NOTHING

    def apply(self, record: R, digest: bytes, state: State) -> None:
        """Enters everything besides lots that the record at index `state.size` adds to the state."""

    def entered_lot(self, record: R, digest: bytes, lot: LotFacts) -> LotFacts:
        """A planned lot with the facts that depend on the record's digest."""
        return lot

    def rows(self, record: R, index: int, state: State, before: Before) -> Iterator[Row]:
        """The lookup rows of the record at `index`, which has been applied to `state`."""
        yield from ()

    def new_lot_field(self, record: R, place: int) -> str:
        """The field that names the lot which the record creates at this place."""
        return f"{self.created_field(record, place)}.lot"

    def created_field(self, record: R, place: int) -> str:
        """The output at this place."""
        return f"outputs[{place}]"

    def item_field(self, record: R, place: int) -> str:
        """The field at fault if the item of the lot at this place is also in another lot."""
        return f"{self.created_field(record, place)}.item"

    def taken_field(self, record: R, plan: Plan, place: int, name: str) -> str:
        """The field `name` of the input at this place."""
        return f"inputs[{place}].{name}"

    def overdrawn(self, record: R, role: str) -> tuple[str, str] | None:
        """The message and the rule for taking more of a lot of this role than remains; None for the general text."""
        return None


_NOTHING = Before()
