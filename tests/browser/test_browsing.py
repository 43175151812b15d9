"""The visitor sees what is wrong with a page: each planted fault is found, and nothing in a page without one."""

from typing import Final

import pytest
from playwright.sync_api import Browser, Route
from support.browsing import PRINT, Figure, Look, visiting, walk

SITE: Final = "http://site.example"
POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'"
PAGE: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main><h1>A page</h1>{}</main></body>
</html>"""
WIDE: Final = f"<p>{'W' * 300}</p>"
DRAWING: Final = """<svg role="img" aria-label="A drawing" width="300" height="60" viewBox="0 0 300 60">{}</svg>"""
PLANTED: Final = {
    "a script of the page": ("<script>document.title = 1</script>", "content policy: script-src-elem inline"),
    "a style of the page": ("""<p style="color: #000">x</p>""", "content policy: style-src-attr inline"),
    "a request to others": ("""<img alt="" src="http://other.example/a.png">""", "request to another host: http://other"),
    "a missing file": ("""<img alt="" src="/none.png">""", "console: Failed to load resource"),
    "a picture without a text": ("""<img src="/a.png">""", "axe image-alt: <img"),
    "a field without a name": ("<form><input></form>", "axe label: <input"),
    "a long word": (WIDE, "overflow: <p> WWW"),
    "a text that turns": ("<p>Made by <b>\u202emill</b> in March</p>", "direction: <b> "),
    "a handler": ("""<p onclick="a()">x</p>""", "markup: <p>"),
    "labels that collide": (DRAWING.format("""<text x="9" y="20">steel</text><text x="12" y="22">ore</text>"""),
                            "drawing: <text> steel covers <text> ore"),
    "a label outside": (DRAWING.format("""<text x="280" y="20">electricity</text>"""),
                        "drawing: <text> electricity leaves"),
}
SOUND: Final = """<p>Made by <bdi>\u202emill</bdi> in March</p><div tabindex="0" role="region"
aria-label="A table"></div><img alt="A gear" src="/a.png">""" + DRAWING.format("""<text x="9" y="20">steel</text>""")


def answer(route: Route, body: str, policy: str = POLICY) -> None:
    path = route.request.url.removeprefix(SITE)
    if path == "/":
        route.fulfill(body=PAGE.format(body), content_type="text/html",
                      headers={"Content-Security-Policy": policy} if policy else {})
    elif path == "/a.png":
        route.fulfill(body=b"", content_type="image/svg+xml")
    else:
        route.fulfill(status=404)


def faults_of(browser: Browser, body: str, policy: str = POLICY, *looks: Look, status: int = 200) -> list[str]:
    with visiting(browser, SITE) as visitor:
        visitor.page.route("**/*", lambda route: answer(route, body, policy))
        return walk(visitor, ["/"], looks or [Look(360)], status)


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_fault_is_found(browser: Browser, planted: str) -> None:
    body, fault = PLANTED[planted]
    assert [found for found in faults_of(browser, body) if found.startswith(f"/: {fault}")]


def test_a_sound_page_has_no_fault(browser: Browser) -> None:
    assert faults_of(browser, SOUND, POLICY, Look(360), Look(1440, "dark"), PRINT) == []


def test_a_wide_table_may_scroll_by_itself(browser: Browser) -> None:
    policy = f"{POLICY}; style-src-attr 'unsafe-inline'"
    region = f"""<div style="overflow-x: auto" tabindex="0" role="region" aria-label="A table">{WIDE}</div>"""
    faults = faults_of(browser, region, policy)
    assert faults == ["/: content policy: style-src-attr allows 'unsafe-inline' (360 light)",
                      f"/: markup: <div> {'W' * 40} (360 light)"]


@pytest.mark.parametrize(("policy", "fault"), [
    ("", "content policy: '' has no default-src"),
    ("default-src 'self'; script-src 'self' 'unsafe-eval'", "content policy: script-src allows 'unsafe-eval'"),
    ("default-src 'self' *", "content policy: default-src allows *"),
])
def test_a_weak_policy_is_found(browser: Browser, policy: str, fault: str) -> None:
    assert f"/: {fault} (360 light)" in faults_of(browser, "", policy)


def test_a_wrong_status_is_found(browser: Browser) -> None:
    assert faults_of(browser, "", status=404) == ["/: status: 200 instead of 404 (360 light)"]


@pytest.mark.parametrize(("value", "text", "holds"), [
    ("5174.999247435909", "5\u202f175", True), ("5174.999247435909", "5\u202f174", False),
    ("51749", "51\u202f700", True),
    ("-21.4", "\u221221", True), ("-21.4", "21", False), ("0.3", "<\u202f1", True), ("1.3", "<\u202f1", False),
    ("434.4", "434 kg CO\u2082e", True), ("", "\u2013", True), ("1", "\u2013", False), ("1.993", "2.0\u202f%", True),
    ("0.01993", "2.0\u202f%", True), ("0.02993", "2.0\u202f%", False), ("0.01993", "2.0", False),
])
def test_rounded_numbers_are_compared(value: str, text: str, holds: bool) -> None:
    assert Figure(value, text).holds is holds
