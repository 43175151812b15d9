"""How a method and its parameters are described. An answer may list descriptions as they are; documents are made of
them."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct


class Parameter(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a method needs to know.

    Its value is from `low` to `high`, without the one in `excludes`. It is not needed where one of `unless` holds
    (`R2 + R3 = 1`). `ledger`: how the ledger knows it, once it knows the parameter that `follows` names. A `published`
    one is looked up in the table of published values. An `optional` one has a meaning where it is left out.
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
        """Where its value comes from, in words, the first that has one."""
        found = ["given"]
        if self.ledger is not None:
            found.append(f"ledger ({self.ledger})")
        if self.published:
            found.append("published")
        if self.optional:
            found.append("may be left out")
        return ", ".join(found)


class Method(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`of`: whether it goes material by material, or takes the lot as it is. `credit` says where its credit lies, or
    how it conserves."""

    name: str
    title: str
    formula: str
    source: str
    of: Literal["material", "lot"]
    credit: str
    parameters: tuple[Parameter, ...] = ()
    limitations: tuple[str, ...] = ()


def markdown(methods: Sequence[Method]) -> str:
    """The methods as a part of a document."""
    return "\n\n".join(_section(method) for method in methods) + "\n"


def _section(method: Method) -> str:
    lines = [f"### `{method.name}`: {method.title}", "", f"{method.formula}", "", f"Source: {method.source}."]
    if method.parameters:
        lines += ["", "| parameter | unit | range | meaning | not needed where | from |", "|---|---|---|---|---|---|"]
        lines += [_row(parameter) for parameter in method.parameters]
    lines += ["", *_wrapped(method.credit, method.limitations)]
    return "\n".join(lines)


def _row(one: Parameter) -> str:
    return f"| `{one.name}` | {one.unit} | {one.range} | {one.meaning} | {' or '.join(one.unless)} | {one.sources} |"


def _wrapped(credit: str, limitations: Sequence[str]) -> list[str]:
    return [f"Credit: {credit}", *(f"\nLimitation: {text}" for text in limitations)]
