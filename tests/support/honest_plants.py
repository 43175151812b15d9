"""Plants from public literature, each written once from `schema` and `template` as its engineer would.

`tests/acceptance/honest` has a file for each plant, named after it. A file is one entry in the form of
`support.activity_records`, and states besides

- `plant`: one sentence that says what it is;
- `output`: the position of the output whose figure is compared;
- `literature`: `low` and `high` in kg CO2e per `unit`, and their `source`: publication, year, table or page, and "from
  memory, not read again" if nobody read it for this file;
- `firstTry`, in the second two dozen: `footprint`, or what was wrong with the record as its engineer first wrote it.

The records are as `sign` signs them, so gases and liquids counted by volume state the mass that it adds. Quantities are
those of the literature, or consistent with the specific consumption that it states. If a ledger refuses a plant, or
questions it, correct the ledger and not the plant. To see the table, run

    env PYTHONPATH=tests .venv/bin/python -m support.honest_plants
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from ledger.core.record.units import convert
from support.activity_records import Entry, admitted
from support.market import Answer, MemoryMarket

FOLDER: Final = Path(__file__).parents[1] / "acceptance" / "honest"


class Literature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The range of a footprint in kg CO2e per unit, and who states it."""

    low: float
    high: float
    unit: str
    source: str


class Result(NamedTuple):
    """What the ledger says of a plant. `figure`: kg CO2e per unit of the literature. `documents`: number of those that
    the record names."""

    figure: float
    title: str
    documents: int
    answer: Answer


def plants() -> Mapping[str, Entry]:
    """All plants by the names of their files."""
    return {
        path.stem: msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        for path in sorted(FOLDER.glob("*.json"))
    }


def sector_of(plant: Entry) -> str:
    process: str = plant["transformation"]["process"]
    return process.partition(".")[0]


def literature_of(plant: Entry) -> Literature:
    return msgspec.convert(plant["literature"], Literature)


def result_of(plant: Entry) -> Result:
    """Raises the refusal of the first record that the ledger does not admit."""
    memory, _ = admitted(plant)
    transformation = plant["transformation"]
    answer = MemoryMarket(memory, plant["id"]).footprint(transformation["outputs"][plant["output"]]["lot"])
    quantity = answer["lot"]["quantity"]
    amount = convert(Decimal(quantity["value"]), quantity["unit"], literature_of(plant).unit)
    return Result(
        answer["footprint"] / float(amount), answer["title"], len(transformation.get("evidence", ())), answer,
    )


def _line(name: str, plant: Entry) -> str:
    """A plant's line of the table."""
    result, literature = result_of(plant), literature_of(plant)
    stated = f"{literature.low:g} to {literature.high:g}"
    return f"{name:36} {result.figure:12.4g} per {literature.unit} {stated:>18}  {result.documents}  {result.title}"


def main() -> None:
    """Prints plant, kg CO2e per unit, the literature's range, the number of documents, title."""
    for name, plant in plants().items():
        print(_line(name, plant))


if __name__ == "__main__":
    main()
