"""Recycled content in answers: shares of each material by origin, and the share that is in question."""

import pytest
from support.containing import Containing

from ledger.service.queries.footprint.read import recycled_content


def test_shares_by_origin() -> None:
    contents = {
        "mass": 100.0, "material:steel": 80.0, "material:zinc": 20.0,
        "recycledPreConsumer:steel": 8.0, "recycledPostConsumer:steel": 16.0,
        "questioned:recycledPreConsumer:steel": 4.0, "questioned:recycledPostConsumer:steel": 12.0,
        "questioned:recycledPostConsumer:zinc": 5.0,
    }
    shares = recycled_content(contents)
    assert shares == Containing({
        "steel": pytest.approx({"preConsumer": 0.1, "postConsumer": 0.2, "questioned": 0.2}),
        "zinc": pytest.approx({"questioned": 0.25}),
    })


def test_recycled_content_without_its_material_has_no_share() -> None:
    assert recycled_content({"mass": 1.0, "recycledPreConsumer:steel": 1.0}) == {}
