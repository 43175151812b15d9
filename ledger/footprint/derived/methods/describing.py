"""Descriptions of methods and their parameters. The API lists them, and the README is generated from them."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct


class Parameter(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A parameter of a method.

    Its value is from `low` to `high`; `excludes` names a bound that is not allowed itself. The parameter is not needed
    if one of the conditions `unless` holds (such as `R2 + R3 = 1`). `ledger`: how the ledger derives the value, once
    the parameter named by `follows` has a value. `published`: the table of published values is searched. `optional`:
    the formula also works without it.
    """

    name: str
    unit: str
    meaning: str
    low: str | None = None
    high: str | None = None
    excludes: Literal["low", "high"] | None = None
    whole: bool = False
    unless: tuple[str, ...] = ()
    ledger: str | None = None
    follows: str | None = None
    published: bool = False
    optional: bool = False

    @property
    def range(self) -> str:
        """The range in words."""
        bounds = []
        if self.low is not None:
            bounds.append(f"above {self.low}" if self.excludes == "low" else f"at least {self.low}")
        if self.high is not None:
            bounds.append(f"below {self.high}" if self.excludes == "high" else f"at most {self.high}")
        return " ".join([*(["whole,"] if self.whole else []), " and ".join(bounds) or "any number"])

    @property
    def sources(self) -> str:
        """The possible sources of the value, in words, in the order in which they are tried."""
        sources = ["given"]
        if self.ledger is not None:
            sources.append(f"ledger ({self.ledger})")
        if self.published:
            sources.append("published")
        if self.optional:
            sources.append("optional")
        return ", ".join(sources)


class Method(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A method. `of`: whether it computes each material, or the lot as a whole. `credit`: who gets its credits, or how
    its figures sum to the emissions. `standards`: those that know the method."""

    name: str
    title: str
    formula: str
    source: str
    of: Literal["material", "lot"]
    credit: str
    standards: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    limitations: tuple[str, ...] = ()


def markdown(methods: Sequence[Method]) -> str:
    """The methods as a part of a Markdown document."""
    return "\n\n".join(_section(method) for method in methods) + "\n"


def _section(method: Method) -> str:
    lines = [f"### `{method.name}`: {method.title}", "", f"{method.formula}", "", f"Source: {method.source}."]
    if method.standards:
        lines += ["", f"Standards: {', '.join(method.standards)}."]
    if method.parameters:
        lines += ["", "| parameter | unit | range | meaning | not needed if | source |", "|---|---|---|---|---|---|"]
        lines += [_row(parameter) for parameter in method.parameters]
    lines += ["", *_wrapped(method.credit, method.limitations)]
    return "\n".join(lines)


def _row(parameter: Parameter) -> str:
    cells = (f"`{parameter.name}`", parameter.unit, parameter.range, parameter.meaning, " or ".join(parameter.unless),
             parameter.sources)
    return f"| {' | '.join(cells)} |"


def _wrapped(credit: str, limitations: Sequence[str]) -> list[str]:
    return [f"Credit: {credit}", *(f"\nLimitation: {text}" for text in limitations)]
