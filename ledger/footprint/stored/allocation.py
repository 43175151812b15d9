"""Allocates a record's burden to its outputs (ISO 14044, 4.3.4): weights by one key, and shares that sum to one."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import convert
from ledger.core.record.values import UNBURDENED, Output
from ledger.errors import PluginError, Refused

_NONE: Final = Decimal(0)


class Weighed(NamedTuple):
    """An output with its mass in kg. `mass` is None if the output has no mass."""

    output: Output
    mass: Decimal | None


def weights(key: str, outputs: Sequence[Weighed], assessment: Assessment) -> tuple[Decimal, ...]:
    """One Decimal >= 0 per output: the plugin's weights if it gives any for this key, else the outputs' own fields.

    Raises PluginError for invalid weights of a plugin, Refused if an output lacks the field that the key needs.
    """
    given = assessment.weights.get(key)
    if given is None:
        return tuple(_own_weight(key, i, weighed) for i, weighed in enumerate(outputs))
    if len(given) != len(outputs):
        raise PluginError(
            f"{len(given)} weights by {key} for {len(outputs)} outputs", code="invalid-weights",
            field=f"weights.{key}", value=len(given), rule="one weight per output",
        )
    for i, (weight, weighed) in enumerate(zip(given, outputs, strict=True)):
        if not weight.is_finite() or weight < 0 or (weighed.output.role in UNBURDENED and weight != 0):
            raise PluginError(
                f"invalid weight {weight} by {key} for output {i} (role {weighed.output.role})", code="invalid-weights",
                field=f"weights.{key}[{i}]", value=weight, rule="finite, >= 0, and 0 for waste and core",
            )
    return given


def shares(key: str, outputs: Sequence[Weighed], assessment: Assessment) -> list[float]:
    """Each output's share of the burden, 0 for waste and core; empty if no output carries burden.

    share = w / sum of w, in 34 digits, then binary64 once. Raises Refused if all weights are zero.
    """
    if all(weighed.output.role in UNBURDENED for weighed in outputs):
        return []
    by_output = weights(key, outputs, assessment)
    total = _NONE
    for weight in by_output:
        total = CONTEXT.add(total, weight)
    if total == 0:
        raise Refused(
            f"all weights by {key} are zero", code="zero-weights", field="allocation", value=key,
            rule="at least one product, coProduct or byProduct needs a weight above zero",
        )
    return [float(CONTEXT.divide(weight, total)) for weight in by_output]


def _own_weight(key: str, index: int, weighed: Weighed) -> Decimal:
    output, mass = weighed
    if output.role in UNBURDENED:
        return _NONE
    weight: Decimal | None
    if key == "mass":
        weight = mass
    elif key == "value":
        weight = Decimal(output.value.value) if output.value else None
    elif key == "energy":
        heat = output.heating_value
        weight = convert(heat.amount, heat.unit, "3B", f"outputs[{index}].heatingValue") if heat else None
    elif key == "moles":
        weight = Decimal(output.moles) if output.moles else None
    else:
        weight = Decimal(output.share) if output.share else None
    if weight is None:
        missing = {"energy": "heatingValue", "declared": "share"}.get(key, key)
        raise Refused(
            f"outputs[{index}] has no {missing}, which allocation by {key} needs", code="missing-weight",
            field=f"outputs[{index}].{missing}", rule=f"every output that carries burden must state its {missing}",
        )
    return weight
