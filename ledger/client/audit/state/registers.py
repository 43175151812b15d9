"""The small part of a ledger's state, which the audit store holds as a whole, in a form that can be encoded."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from ledger.admission.activations import Activations, PluginActivation
from ledger.admission.checks.write_offs import note_totals
from ledger.admission.facts import OrganizationFacts, PoolFacts, StandingFacts
from ledger.admission.parents import LeftParent, LeftParents
from ledger.admission.state import ClosedPeriod, KeyState, Recovery, State
from ledger.core.signatures.signing import load_spki

KEPT_WHOLE = frozenset({
    "activations", "amendments", "closed", "completed", "default_pools", "erased", "frozen", "given", "group_goods",
    "keys", "lines", "made_goods", "openings", "organizations", "origin", "parents", "pools", "prefixes", "recoveries",
    "reports", "seen", "size", "standing", "time", "unshown",
})
"""The attributes of a state that `Registers` holds; of `lines` only the newest generations."""


class Registers(Struct, frozen=True):
    """`keys` are SubjectPublicKeyInfo, each with the other fields of its `KeyState`. The keys in `recoveries` have the
    same form; `days` holds the confirmed days of a recovery, and the time from which they count."""

    size: int
    organizations: dict[str, OrganizationFacts]
    pools: dict[str, PoolFacts]
    default_pools: list[tuple[str, str, str]]
    newest: dict[str, str]
    keys: list[tuple[bytes, list[Any]]]
    activations: tuple[PluginActivation, ...]
    prefixes: dict[str, str]
    closed: dict[str, dict[str, ClosedPeriod]]
    frozen: set[str]
    openings: set[tuple[str, str]]
    reports: dict[str, set[tuple[str, str]]]
    time: int = 0
    recoveries: dict[str, tuple[str, int, list[bytes]]] = {}
    erased: set[str] = set()
    amendments: dict[str, set[str]] = {}
    days: dict[str, tuple[int, int]] = {}
    group_goods: list[tuple[str, str, Decimal]] = []
    made_goods: set[str] = set()
    standing: list[StandingFacts] = []
    given: set[tuple[str, str]] = set()
    seen: set[tuple[str, str]] = set()
    parents: tuple[LeftParent, ...] = ()
    completed: int = -1


def registers_of(state: State) -> Registers:
    return Registers(
        state.size, state.organizations, state.pools,
        [(holder, product, pool) for (holder, product), pool in state.default_pools.items()],
        {pool: line[-1] for pool, line in state.lines.items() if line},
        [(key.key.spki, list(key[1:])) for key in state.keys.values()],
        state.activations.entries, state.prefixes, state.closed, state.frozen, state.openings, state.reports,
        state.time, {name: (one.digest, one.time, [key.spki for key in one.keys]) for name, one in
                     state.recoveries.items()},
        state.erased, state.amendments,
        {name: (one.days, one.counted) for name, one in state.recoveries.items()},
        [(*subject, kilograms) for subject, kilograms in state.group_goods.items()], state.made_goods,
        [rule for rules in state.standing.values() for rule in rules.values()], state.given, state.seen,
        state.parents.entries, state.completed,
    )


def restore(state: State, registers: Registers) -> None:
    """Restores the attributes of an empty state that the registers hold."""
    state.size = registers.size
    state.organizations = registers.organizations
    state.pools = registers.pools
    state.default_pools = {(holder, product): pool for holder, product, pool in registers.default_pools}
    state.lines = {pool: (newest,) for pool, newest in registers.newest.items()}
    for spki, rest in registers.keys:
        key = load_spki(spki)
        state.keys[key.keyid] = KeyState(key, *rest)
    state.activations = Activations(registers.activations)
    state.prefixes = registers.prefixes
    state.closed = registers.closed
    state.frozen = registers.frozen
    state.openings = registers.openings
    state.reports = registers.reports
    state.time = registers.time
    state.erased = registers.erased
    state.amendments = registers.amendments
    note_totals(state, {(group, subject): kilograms for group, subject, kilograms in registers.group_goods})
    state.made_goods = registers.made_goods
    state.given = registers.given
    state.seen = registers.seen
    state.parents = LeftParents(registers.parents)
    state.completed = registers.completed
    for rule in registers.standing:
        state.standing.setdefault((rule.receiver, rule.sender), {})[rule.product] = rule
    for name, (digest, time, keys) in registers.recoveries.items():
        days, counted = registers.days.get(name, (0, time))
        state.recoveries[name] = Recovery(digest, time, tuple([load_spki(spki) for spki in keys]), days, counted)


def write_registers(registers: Registers) -> bytes:
    return msgspec.msgpack.encode(registers)


def read_registers(data: bytes) -> Registers:
    return msgspec.msgpack.decode(data, type=Registers)


def pools_named(state: State, names: set[str]) -> list[str]:
    """The pools that the names refer to: pools themselves, or products with a default pool."""
    pools = [name for name in names if name in state.pools]
    products: Mapping[tuple[str, str], str] = state.default_pools
    pools.extend([pool for (_, product), pool in products.items() if product in names])
    return pools
