"""Components of several pages."""

from ledger.engine.findings import finding_codes
from ledger.pages.site import Visit, templates
from ledger.pages.words import PageWords


def test_a_finding_leads_to_its_place_on_the_page_of_findings() -> None:
    code = next(iter(finding_codes()))
    assert f'<a href="/zh/questions#{code}">{finding_codes()[code].zh}</a>' == _finding(code)


def test_a_finding_of_a_sector_has_no_place_there() -> None:
    assert _finding("its-own<b>") == "its-own&lt;b&gt;"


def _finding(code: str) -> str:
    asked = templates().from_string('{% import "parts.html" as p with context %}{{ p.finding(code, codes) }}')
    return asked.render(
        code=code, codes=finding_codes(), language="zh", visit=Visit("zh", "desk"), _=PageWords("zh"))
