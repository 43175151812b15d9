"""Credits: lots that stand for kg of material recycled, beside the material, and are used up by one claim.

A credit carries neither burden nor mass, so no figure of the default method contains one. A tonne is credited once:
where waste or cores become a product, and never more than went in or came out.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.admission.facts import Facts, LotFacts, ProductFacts
from ledger.core.identifiers import check_identifier
from ledger.core.records import Consumption
from ledger.core.units import convert, unit
from ledger.core.values import Output
from ledger.errors import Refused

RECYCLING: Final = "recycling:"
"""How the `credit` of a lot begins that stands for recycled material; the material follows."""

_NONE: Final = Decimal(0)


def check_credit(output: Output, product: ProductFacts, field: str) -> str | None:
    """What a lot of role credit stands for, None for every other lot."""
    if (output.role == "credit") != (output.credit is not None):
        raise Refused(
            f"{field}: role {output.role} with credit {output.credit}", code="credit-form", field=f"{field}.credit",
            rule="lots of role credit say what they stand for, and no others do",
        )
    if output.credit is None:
        return None
    if unit(product.unit).dimension != "mass" or output.mass is not None or output.item is not None:
        raise Refused(
            f"{field}: a credit is counted in a mass, and has neither mass nor item", code="credit-form",
            field=f"{field}.quantity", value=output.quantity, rule="credits count kg of material recycled",
        )
    if output.credit.factor is not None:
        convert(Decimal(1), "KGM", output.credit.factor.unit, f"{field}.credit.factor.unit")
    return RECYCLING + output.credit.material


def check_recycled(taken: Sequence[tuple[LotFacts, Decimal | None]], created: Sequence[LotFacts]) -> None:
    """Refuses credits beyond what a record recycles. `taken`: lots with the kg taken of them.

    Kg of credits <= kg of waste and cores in, and <= kg of products out.
    """
    credits_ = _NONE
    recycled, products = _NONE, _NONE
    for lot in created:
        if lot.role == "credit":
            credits_ += convert(lot.quantity, lot.unit, "KGM")
        elif lot.role in ("product", "coProduct", "byProduct"):
            products += lot.mass or _NONE
    if not credits_:
        return
    for lot, mass in taken:
        if lot.role in ("waste", "core"):
            recycled += mass or _NONE
    limit = min(recycled, products)
    if credits_ > limit:
        at = next(i for i, lot in enumerate(created) if lot.role == "credit")
        raise Refused(
            f"outputs[{at}].quantity: credits for {credits_} kg, but {limit} kg became product again",
            code="credit-excess", field=f"outputs[{at}].quantity", value=credits_,
            rule="credits are at most the waste and cores that went in and the products that came out",
        )


def check_claim(record: Consumption, taken: Sequence[LotFacts], facts: Facts) -> None:
    """Credits leave by a claim (or as a loss), and nothing else does."""
    claim = record.claim
    if (record.purpose == "claim") != (claim is not None):
        raise Refused(
            f"purpose {record.purpose} with claim {claim}", code="claim-form", field="claim",
            rule="purpose `claim` says what is claimed, and no other does",
        )
    for i, lot in enumerate(taken):
        if (lot.role == "credit") != (record.purpose == "claim") and record.purpose not in ("loss", "stockCorrection"):
            raise Refused(
                f"inputs[{i}].lot: {lot.id!r} is of role {lot.role}", code="claim-form", field=f"inputs[{i}].lot",
                value=lot.id, rule="a claim uses up credits, and credits are used up by claims",
            )
        if lot.credit is not None and not lot.credit.startswith(RECYCLING):
            raise Refused(
                f"inputs[{i}].lot: {lot.id!r} stands for {lot.credit}", code="claim-form", field=f"inputs[{i}].lot",
                value=lot.id, rule="credits of a mass balance are used up by the transformation that claims them",
            )
    if claim is None:
        return
    if record.outputs:
        raise Refused("a claim makes no lots", code="claim-form", field="outputs", rule="purpose `claim`: no outputs")
    if claim.lot is not None:
        check_identifier(claim.lot, "claim.lot")
        if claim.lot not in facts.lots:
            raise Refused(
                f"claim.lot: {claim.lot!r} is not on the ledger", code="unknown-lot", field="claim.lot",
                value=claim.lot, rule="the lot for which the claim is made",
            )
