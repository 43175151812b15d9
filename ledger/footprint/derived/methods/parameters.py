"""A method's parameters for one lot: given in the request, else derived by the ledger, else published; never guessed.

A request gives `NAME=VALUE` for all materials, or `MATERIAL.NAME=VALUE` for one material, which takes precedence.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import plain
from ledger.errors import InvalidInput
from ledger.footprint.derived.methods.describing import Method, Parameter
from ledger.footprint.derived.methods.published import Published, find
from ledger.footprint.derived.methods.subject import Material, MethodSubject

Source = Literal["given", "ledger", "published"]
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_SPELLING: Final = "a decimal number such as 0.85, without exponent"
_FORM: Final = "NAME=VALUE, or MATERIAL.NAME=VALUE if the method computes each material"


class ParameterValue(NamedTuple):
    """A parameter's value. `text`: as given or published; for a value from the ledger, the shortest decimal that reads
    back to it."""

    number: Decimal
    text: str
    source: Source
    citation: str | None = None
    recalled: bool = False


Values = Mapping[str, ParameterValue]
Given = Mapping[tuple[str | None, str], ParameterValue]


class Settled(NamedTuple):
    """All values for one material. `material` is None if the method computes the lot as a whole."""

    material: Material | None
    values: Values


def settle(method: Method, subject: MethodSubject, requested: Sequence[str], published: Published) -> list[Settled]:
    """The values for each material, in the order of the lot's materials. `requested`: the parameters of the request.

    Raises InvalidInput: `invalid-parameter`, `unknown-parameter`, `unknown-material`; `no-materials` for a lot without
    known materials; `missing-parameter`, which lists all missing parameters.
    """
    given = _read(method, subject, requested)
    materials: Sequence[Material | None] = subject.materials if method.of == "material" else (None,)
    if not materials:
        raise InvalidInput(
            f"{method.name} computes each material, but no materials of this lot are known", code="no-materials",
            field="method", value=method.name, rule="products or outputs upstream of the lot declare their materials",
        )
    determined = [Settled(one, _known(method, subject, one, given, published)) for one in materials]
    _check_missing(method, determined)
    for settled in determined:
        _check_parts(settled)
    return [Settled(one.material, _used(method, one.values)) for one in determined]


def _read(method: Method, subject: MethodSubject, requested: Sequence[str]) -> Given:
    given: dict[tuple[str | None, str], ParameterValue] = {}
    for text in requested:
        target, equals, number = text.partition("=")
        if not equals:
            raise _invalid(f"parameter {text!r} has no value", text, _FORM)
        prefix, _, name = target.rpartition(".")
        material = prefix if "." in target else None
        parameter = _parameter(method, name, target)
        if material is not None:
            _check_material(method, subject, material, target)
        if (material, name) in given:
            raise _invalid(f"parameter {target} is given twice", text, "each parameter is given at most once")
        given[material, name] = ParameterValue(_number(parameter, target, number), number, "given")
    return given


def _parameter(method: Method, name: str, target: str) -> Parameter:
    for parameter in method.parameters:
        if parameter.name == name:
            return parameter
    names = " ".join(one.name for one in method.parameters)
    raise InvalidInput(
        f"{method.name} has no parameter {target!r}", code="unknown-parameter", field="parameter", value=target,
        rule=f"one of: {names}" if names else f"{method.name} takes no parameters",
    )


def _check_material(method: Method, subject: MethodSubject, material: str, target: str) -> None:
    if method.of == "lot":
        raise InvalidInput(
            f"{method.name} has no parameters of single materials", code="unknown-parameter", field="parameter",
            value=target, rule="NAME=VALUE",
        )
    names = [one.name for one in subject.materials]
    if material not in names:
        raise InvalidInput(
            f"the lot holds no {material}", code="unknown-material", field="parameter", value=target,
            rule=f"one of: {' '.join(names)}" if names else "no materials of this lot are known",
        )


def _number(parameter: Parameter, target: str, text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise _invalid(f"{target} is {text!r}, which is not a number", f"{target}={text}", _SPELLING)
    number = Decimal(text)
    low, high = parameter.low, parameter.high
    if (
        (low is not None and (number < Decimal(low) or (parameter.excludes == "low" and number == Decimal(low))))
        or (high is not None and (number > Decimal(high) or (parameter.excludes == "high" and number == Decimal(high))))
        or (parameter.whole and number != number.to_integral_value())
    ):
        raise _invalid(f"{target} is {text}, which is out of range", f"{target}={text}",
                       f"{parameter.range}: {parameter.meaning}")
    return number


def _invalid(message: str, value: str, rule: str) -> InvalidInput:
    return InvalidInput(message, code="invalid-parameter", field="parameter", value=value, rule=rule)


def _known(
    method: Method, subject: MethodSubject, material: Material | None, given: Given, published: Published
) -> dict[str, ParameterValue]:
    name = None if material is None else material.name
    values: dict[str, ParameterValue] = {}
    for parameter in method.parameters:
        value = given.get((name, parameter.name), given.get((None, parameter.name)))
        if value is None and parameter.ledger is not None:
            number = LEDGER[parameter.name](subject, material, values)
            value = None if number is None else _of_ledger(number)
        if value is None and parameter.published and name is not None:
            listed = find(published, parameter.name, name)
            if listed is not None:
                value = ParameterValue(
                    Decimal(listed.value), listed.value, "published", listed.citation, listed.recalled
                )
        if value is not None:
            values[parameter.name] = value
    return values


def _of_ledger(number: float) -> ParameterValue:
    exact = Decimal(repr(number))
    return ParameterValue(exact, plain(exact), "ledger")


def _recycled(_: MethodSubject, material: Material | None, __: Values) -> float | None:
    return None if material is None else material.recycled_share


def _scrap(_: MethodSubject, material: Material | None, values: Values) -> float | None:
    if material is None or material.recycled_share == 0.0:
        return None if material is None else 0.0
    return material.recycled_share / float(values["Y"].number) if "Y" in values else None


def _rate(subject: MethodSubject, _: Material | None, __: Values) -> float | None:
    return (len(subject.lives) - 1) / len(subject.lives) if subject.lives else None


def _first(subject: MethodSubject, _: Material | None, __: Values) -> float | None:
    return subject.lives[0] / float(subject.quantity) if subject.lives else None


def _later(subject: MethodSubject, _: Material | None, __: Values) -> float | None:
    later = subject.lives[1:]
    if not later:
        return None
    total = 0.0
    for added in later:
        total += added
    return total / len(later) / float(subject.quantity)


LEDGER: Final[Mapping[str, Callable[[MethodSubject, Material | None, Values], float | None]]] = {
    "R1": _recycled, "MMRin": _recycled, "S": _scrap, "r": _rate, "new": _first, "reman": _later,
}
"""The functions that derive a parameter's value from the ledger; each returns None if the value is unknown."""


def holds(condition: str, values: Values) -> bool:
    """Whether a condition such as `R2 + R3 = 1` holds; False if one of its parameters has no value."""
    left, _, right = condition.partition(" = ")
    total, sign = Decimal(0), 1
    for word in left.split(" "):
        if word in ("+", "-"):
            sign = 1 if word == "+" else -1
        elif word not in values:
            return False
        else:
            total = CONTEXT.add(total, sign * values[word].number)
    return total == Decimal(right)


def _needed(parameter: Parameter, values: Values) -> bool:
    return not any(holds(condition, values) for condition in parameter.unless)


def _check_missing(method: Method, determined: Sequence[Settled]) -> None:
    missing: dict[str, Parameter] = {}
    for material, values in determined:
        for parameter in method.parameters:
            # A parameter that follows another one gets its value as soon as that one has a value.
            depends = parameter.follows is not None and parameter.follows not in values
            if parameter.name not in values and not parameter.optional and not depends and _needed(parameter, values):
                missing[parameter.name if material is None else f"{material.name}.{parameter.name}"] = parameter
    if missing:
        raise InvalidInput(
            f"{method.name} needs {', '.join(missing)}", code="missing-parameter", field="parameter",
            value=", ".join(missing),
            rule="; ".join(f"{name}: {one.meaning} ({one.unit}, {one.range})" for name, one in missing.items()),
        )


def _check_parts(settled: Settled) -> None:
    """Checks that the parts for recycling (R2) and for energy recovery (R3) are together at most 1."""
    values = settled.values
    if "R2" in values and "R3" in values:
        total = values["R2"].number + values["R3"].number
        if total > 1:
            raise _invalid(f"R2 + R3 is {total}", f"R2={values['R2'].text} R3={values['R3'].text}", "R2 + R3 at most 1")


def _used(method: Method, values: Values) -> Values:
    """The values that are given or needed."""
    return {
        one.name: values[one.name] for one in method.parameters
        if one.name in values and (values[one.name].source == "given" or _needed(one, values))
    }
