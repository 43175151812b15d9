"""Every field, kind and process has a text in both languages, and every text has a field."""

from typing import get_args

import pytest

from ledger.core.record.kinds import AnyRecord
from ledger.engine.sectors import Installed
from ledger.registry.installed import installed
from ledger.registry.reference.shapes import Shape, shapes_of
from ledger.registry.reference.texts import ROUTES, field_texts, purposes

SECTORS = installed(sets=False).sectors


def shapes_of_sector(sector: Installed, *, shared: bool) -> dict[str, Shape]:
    """The types of its activities: its own, or those that it shares with records and other sectors."""
    return {
        shape.name: shape for route in sector.sector.routes.values() for shape in shapes_of(route.activity)
        if shape.of.__module__.startswith("ledger.") == shared
    }


def shared_shapes() -> dict[str, Shape]:
    """The types of records, and those that sectors share."""
    shapes = {shape.name: shape for kind in get_args(AnyRecord) for shape in shapes_of(kind)}
    for sector in SECTORS.values():
        shapes |= shapes_of_sector(sector, shared=True)
    return shapes


def fields_of(shapes: dict[str, Shape]) -> set[tuple[str, str]]:
    return {(shape.name, field.name) for shape in shapes.values() for field in shape.fields}


def test_each_field_of_a_record_or_of_a_shared_type_has_a_text() -> None:
    texts = field_texts()
    assert set(texts) == fields_of(shared_shapes())
    assert all(text.en and text.zh for text in texts.values())


@pytest.mark.parametrize("name", SECTORS)
def test_each_field_of_an_activity_has_a_text(name: str) -> None:
    texts = field_texts(SECTORS[name].package)
    assert set(texts) == fields_of(shapes_of_sector(SECTORS[name], shared=False))
    assert all(text.en and text.zh for text in texts.values())


def test_each_kind_has_a_purpose() -> None:
    kinds = {str(kind.__struct_config__.tag) for kind in get_args(AnyRecord)}
    assert set(purposes()) == kinds
    assert all(one.en and one.zh and one.words for one in purposes().values())


@pytest.mark.parametrize("name", SECTORS)
def test_each_process_has_a_purpose(name: str) -> None:
    texts = purposes(SECTORS[name].package, ROUTES)
    assert set(texts) == set(SECTORS[name].sector.routes)
    assert all(one.en and one.zh and one.words for one in texts.values())
