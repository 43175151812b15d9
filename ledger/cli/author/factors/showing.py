"""`factors show`: a supply with all its rows, and the row that the look-up chooses for a place and a year."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Final, NamedTuple

import click
from rich.table import Table

from ledger.cli.author.factors.answers import (
    LookupChoice,
    RowAnswer,
    ShownSupply,
    SupplyAnswer,
    choice_answer,
    supply_answer,
)
from ledger.cli.author.factors.chosen import chosen_versions, entry_in, set_options
from ledger.cli.console import Part, json_option, print_json, show, styled
from ledger.engine.pricing.keys_and_rows import nearest_rows
from ledger.errors import InvalidInput, NotFound
from ledger.registry.reference.texts import LANGUAGES, unit_in_language
from ledger.sdk import FactorSetVersion, SetFactor, SupplyEntry
from ledger.sdk.sets.checks import is_place
from ledger.sdk.sets.explained import explain
from ledger.sdk.sets.factor_set import SET_BOUNDARIES


class _Asked(NamedTuple):
    """A supply in a version, and the factors to show."""

    version: FactorSetVersion
    entry: SupplyEntry
    factors: Sequence[SetFactor]


_YEARS: Final = click.IntRange(1900, 2200)


@click.command("show")
@click.argument("name", metavar="SET:ROW|KEY")
@set_options
@click.option("--place", help="Show the row that the look-up chooses here: `CN-JS`, `DE`, `*` for the world.")
@click.option("--year", type=_YEARS, help="Year of the look-up; needs --place.  [default: this year]")
@json_option
def show_supply(
    name: str, names: tuple[str, ...], version: str | None, url: str | None, place: str | None, year: int | None,
    as_json: bool,
) -> None:
    """Show a supply: names, unit, class, and all its rows with gases, range, uncertainty and source.

    SET:ROW is a row as records name it, such as `factors-open:cement/cradleToGate/CN/2019`. KEY is the key of a supply
    or an alias. Amounts are in kg per unit; CO2e uses the potentials of AR6. With --place, only the chosen rows are
    shown.
    """
    if year is not None and place is None:
        raise click.UsageError("--year needs --place")
    if place is not None and not is_place(place):
        raise InvalidInput(
            f"unknown place {place!r}", code="unknown-place", field="place", value=place,
            rule="an ISO 3166 code such as DE or CN-JS, a continent (AFR ASI EUR NAM OCE SAM), EU, or * for the world",
        )
    asked = _asked(name, url, names, version)
    answer = _answer(name, asked, place, year if year is not None else datetime.now(UTC).year)
    if as_json:
        print_json(answer)
    else:
        show(*_report(answer))


def _asked(name: str, url: str | None, names: Sequence[str], version: str | None) -> list[_Asked]:
    """The supply or row that the argument names."""
    tag, colon, row = name.partition(":")
    if not colon:
        return [_Asked(one, entry, [factor for factor in one if factor.key == entry.key])
                for one, entry in entry_in(chosen_versions(url, names, version), name)]
    set_name, _, tagged = tag.partition("@")
    if names:
        raise click.UsageError(f"{name} names its set: leave out --set")
    if tagged and version:
        raise click.UsageError(f"{name} names its version: leave out --version")
    (chosen,) = chosen_versions(url, [set_name], tagged or version)
    if "/" not in row:
        return [_Asked(one, entry, [factor for factor in one if factor.key == entry.key])
                for one, entry in entry_in([chosen], row)]
    factor = chosen.rows.get(row)
    if factor is None:
        raise NotFound(
            f"{chosen.tag} has no row {row!r}", code="unknown-factor-row", field="row", value=name,
            rule="a row of that version; nearest: " + ", ".join(nearest_rows(chosen, row)),
        )
    return [_Asked(chosen, chosen.supplies[factor.key], [factor])]


def _answer(name: str, asked: Sequence[_Asked], place: str | None, year: int) -> ShownSupply:
    """All rows; with a place, only those that the look-up chooses, for each boundary."""
    if place is None:
        return ShownSupply(supplies=[supply_answer(*one) for one in asked])
    versions = [one.version for one in asked]
    boundaries = {factor.boundary for one in asked for factor in one.factors}
    # As in a record: the key of a supply may be an alias in one set and another supply's key in the next.
    material = name.rpartition(":")[2].partition("/")[0]
    choices = [
        choice_answer(explain(versions, material, boundary, place, year))
        for boundary in SET_BOUNDARIES if boundary in boundaries
    ]
    chosen = {choice.row for choice in choices}
    return ShownSupply(
        supplies=[supply_answer(version, entry, [one for one in factors if f"{version.tag}:{one.row}" in chosen])
                  for version, entry, factors in asked],
        place=place, year=year, choices=choices,
    )


def _report(answer: ShownSupply) -> Iterator[Part]:
    for number, supply in enumerate(answer.supplies):
        if number:
            yield ""
        yield from _supply(supply)
    for choice in answer.choices:
        yield ""
        yield styled(f"{choice.boundary} at {answer.place} in {answer.year}", style="bold")
        yield from _choice(choice)


def _supply(supply: SupplyAnswer) -> Iterator[Part]:
    yield styled(f"{supply.key}: {', '.join([supply.en, supply.zh, *supply.de[:1]])}", style="bold")
    facts = [
        ("set", f"{supply.set}@{supply.version}"), ("kind", supply.kind), ("class", supply.group),
        ("unit", f"{supply.unit} ({_unit_names(supply.unit)})"), ("aliases", ", ".join(supply.aliases)),
        ("synonyms", ", ".join([*supply.synonyms, *supply.de[1:]])), ("HS", ", ".join(supply.hs)),
        ("density", supply.density and f"{supply.density} kg per m3"),
        ("heating value", supply.heating_value and f"{supply.heating_value} MJ per {supply.unit}, net"),
    ]
    yield from [f"{label}: {value}" for label, value in facts if value]
    table = Table("boundary", "place", "year", "gases", "kg CO2e", "range", "uncertainty", "status", "source", box=None,
                  pad_edge=False)
    for row in supply.rows:
        gases = "; ".join([f"{gas} {amount}" for gas, amount in row.gases.items()])
        table.add_row(row.boundary, row.place, str(row.year), gases, row.co2e, _range(row), _uncertainty(row),
                      row.status, row.source)
    yield table
    yield from _notes(supply.rows)
    yield "sources:"
    for source in supply.sources:
        parts = (source.title, f"{source.publisher}, {source.year}", source.licence, source.url)
        yield f"  {source.id}: {'. '.join([part for part in parts if part])}"


def _unit_names(code: str) -> str:
    return ", ".join([unit_in_language(code, language) for language in LANGUAGES])


def _range(row: RowAnswer) -> str:
    return f"{row.low} to {row.high}" if row.low is not None else "-"


def _uncertainty(row: RowAnswer) -> str:
    """The geometric standard deviation, else the scores of the pedigree matrix."""
    if row.deviation is not None:
        return f"GSD {row.deviation}"
    return "pedigree " + " ".join(map(str, row.pedigree or ()))


def _notes(rows: Sequence[RowAnswer]) -> Iterator[str]:
    """Notes and locators; neighbours with the same text share a line."""
    for text, same in groupby(rows, key=lambda row: "; ".join([part for part in (row.locator, row.note) if part])):
        if text:
            named = [f"{row.boundary}/{row.place}/{row.year}" for row in same]
            yield f"{', '.join(named)}: {text}"


def _choice(choice: LookupChoice) -> Iterator[str]:
    for step in choice.steps:
        years = ", ".join(map(str, step.years)) or "no factor"
        yield f"  {step.place} in {step.set}: {years}"
    if choice.row is not None:
        yield f"  chosen: {choice.row}, {choice.co2e} kg CO2e"
    yield f"  {choice.reason}"
