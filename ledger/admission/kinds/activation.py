"""Activations of a plugin, of the rules, or of the witness policy, from a log index on."""

import re
from collections.abc import Iterator
from typing import Final

from ledger.admission.activations import PluginActivation
from ledger.admission.checks.roles import check_registrar
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.rules import RULES, check_rules
from ledger.admission.state import State
from ledger.admission.title_limit import LIMIT_SETTING, check_limit
from ledger.core.log.policy import ACTIVATED
from ledger.core.record.kinds import Activation
from ledger.errors import Refused

_PLUGIN: Final = re.compile(r"[a-z][a-z0-9-]*")
_VERSION: Final = re.compile(r"[!-~]+")


class ActivationKind(Kind[Activation]):
    def plan(self, record: Activation, facts: Facts, terms: Terms) -> Plan:
        _check_form(record)
        return Plan()

    def check(self, record: Activation, keyid: bytes, state: State) -> None:
        check_registrar(record, state, "activate plugins")
        if record.plugin == RULES:
            check_rules(record.version, record.digest, retired=record.retired, rules=state.rules)
        elif record.retired and record.plugin not in state.plugins:
            raise Refused(f"plugin: {record.plugin!r} is not active", code="unknown-plugin", field="plugin",
                          value=record.plugin, rule="an active plugin")
        elif record.plugin == LIMIT_SETTING:
            check_limit(record.version, record.digest, record.precedence)
        else:
            _check_precedence(record, state)
            _check_content(record, state)

    def apply(self, record: Activation, digest: bytes, state: State) -> None:
        if record.plugin == ACTIVATED:
            # Otherwise the requester could choose the witnesses for its own waiting recovery.
            state.recoveries.clear()
        state.activations = state.activations.after(PluginActivation(
            state.size, record.plugin, record.version, record.digest, record.retired, record.precedence,
        ))

    def rows(self, record: Activation, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "activation", (
            index, record.plugin, record.version, record.digest, record.retired, record.precedence,
        )


def _check_precedence(record: Activation, state: State) -> None:
    """A factor set has a precedence of its own, and stays a factor set."""
    active = state.plugins.get(record.plugin)
    if active is not None and not record.retired and (active.precedence is None) != (record.precedence is None):
        raise Refused(
            f"precedence: {record.plugin!r} is in force as " +
            ("a sector" if active.precedence is None else "a factor set"), code="plugin-kind", field="precedence",
            value=record.precedence, rule="a sector has no precedence, and a factor set has one",
        )
    for name, other in state.plugins.items():
        if record.precedence is not None and not record.retired and (
            name != record.plugin and other.precedence == record.precedence
        ):
            raise Refused(
                f"precedence: {name!r} has precedence {record.precedence}", code="same-precedence", field="precedence",
                value=record.precedence, rule="a precedence that no other factor set in force has: "
                + _taken(state, record.plugin),
            )


def _check_content(record: Activation, state: State) -> None:
    """The lines of figures name a factor set by its version: one name never stands for two contents."""
    if record.precedence is None or record.retired:
        return
    for earlier in state.activations.entries:
        if (earlier.plugin, earlier.version) == (record.plugin, record.version) and earlier.digest != record.digest:
            raise Refused(
                f"digest: {record.plugin} {record.version} has the digest {earlier.digest} since entry {earlier.index}",
                code="version-changed", field="digest", value=record.digest,
                rule="another name for a version of a factor set with other content",
            )


def _taken(state: State, own: str) -> str:
    """The precedences in force, in words."""
    ranked = [(other.precedence, name) for name, other in state.plugins.items() if other.precedence is not None]
    return ", ".join([f"{name} {precedence}" for precedence, name in sorted(ranked) if name != own])


def _check_form(record: Activation) -> None:
    """The name has the form of a sector in a process id; the version is one word."""
    if not _PLUGIN.fullmatch(record.plugin):
        raise Refused(f"plugin: {record.plugin!r} is not a plugin name", code="plugin-name", field="plugin",
                      value=record.plugin, rule="a lower-case ASCII letter, then such letters, digits and hyphens")
    if not _VERSION.fullmatch(record.version):
        raise Refused(f"version: {record.version!r} is not a version", code="plugin-version", field="version",
                      value=record.version, rule="printable ASCII characters without spaces")
