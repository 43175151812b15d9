"""A browser that visits pages and says what is wrong with them: errors in its console, requests to others, breaches of
the content policy, violations of accessibility, pages that scroll sideways, drawings whose labels collide."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Response, sync_playwright

from support.tools import tool
from support.waiting import PATIENCE

WIDTHS: Final = (360, 768, 1440)
PAPER: Final = 718
"""Pixels of CSS between the margins of A4, 10 mm wide."""
HEIGHT: Final = 900
_AXE: Final = Path(sys.prefix, "scripts", "axe-core", "package", "axe.min.js")
_MEASURING: Final = Path(__file__).with_name("measuring.js")
_BREACHES: Final = """
window.breaches = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.breaches.push(`content policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""
_ASKED: Final = """async () => {
  const options = {resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]};
  const {violations} = await axe.run(document, options);
  return violations.flatMap(({id, nodes}) => nodes.map((node) => `axe ${id}: ${node.html.slice(0, 160)}`
    + ` (${node.failureSummary.split("\\n").slice(1, 3).join(";").trim()})`));
}"""
_UNSAFE: Final = ("'unsafe-inline'", "'unsafe-eval'", "data:", "*")


class Look(NamedTuple):
    """How a page is looked at."""

    width: int
    scheme: Literal["light", "dark"] = "light"
    media: Literal["screen", "print"] = "screen"

    def __str__(self) -> str:
        return "print" if self.media == "print" else f"{self.width} {self.scheme}"


PRINT: Final = Look(PAPER, media="print")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Its requests to its maker are off; the network may be closed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=tool("chromium"), args=["--disable-gpu", "--disable-quic", "--disable-component-update",
                                                    "--disable-sync", "--no-first-run"])
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """Somebody who visits the pages of one server. `faults`: all that was wrong since they were last taken."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.page = context.new_page()
        self._site = site
        self._faults: list[str] = []
        self._expected: str | None = None
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self._faults.append(f"script: {error}"))
        self.page.on("dialog", self._close)
        context.on("request", lambda request: self._note_request(request.url))

    def _note_message(self, message: ConsoleMessage) -> None:
        """The console repeats the status of a page that is to be missing."""
        if message.type in ("error", "warning") and message.location.get("url") != self._expected:
            self._faults.append(f"console: {message.text}")

    def _close(self, dialog: Dialog) -> None:
        self._faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note_request(self, url: str) -> None:
        if not url.startswith((f"{self._site}/", "data:", "blob:", "about:")):
            self._faults.append(f"request to another host: {url}")

    def open(self, path: str, status: int = 200) -> None:
        self._expected = None if status == 200 else self._site + path
        response = self.page.goto(self._site + path, wait_until="load")
        if response is None or response.status != status:
            self._faults.append(f"status: {response and response.status} instead of {status}")
        else:
            self._faults += _faults_of_policy(response)
        self.page.evaluate(_MEASURING.read_text(encoding="utf-8"))

    def turn(self, look: Look) -> None:
        """To another width, scheme or medium."""
        self.page.set_viewport_size({"width": look.width, "height": HEIGHT})
        self.page.emulate_media(media=look.media, color_scheme=look.scheme)

    def look(self, look: Look) -> None:
        """Turns, and notes what is wrong then."""
        self.turn(look)
        self._faults += self.page.evaluate("() => measured()")
        if look.media == "screen":
            self.page.evaluate(f"() => {{ if (!window.axe) {{ {_axe()} }} }}")
            self._faults += self.page.evaluate(_ASKED)

    def read(self) -> None:
        """Notes texts of others that act on the page."""
        self._faults += self.page.evaluate("() => [...breaches.splice(0), ...written()]")

    def take_faults(self) -> list[str]:
        """The same fault at several places of the page once."""
        self.read()
        faults, self._faults = list(dict.fromkeys(self._faults)), []
        return faults

    def figures(self) -> list["Figure"]:
        """The numbers on the page with their exact values."""
        pairs = self.page.locator("data[value]").evaluate_all("all => all.map(one => [one.value, one.textContent])")
        return [Figure(value, text.strip()) for value, text in pairs]

    def links(self) -> set[str]:
        """Of the page to others of the site, without fragments."""
        # In drawings `href` is no text.
        found: list[str] = self.page.locator("a[href]").evaluate_all(
            "all => all.map(one => new URL(one.getAttribute('href'), document.baseURI).href)")
        return {href.partition("#")[0] for href in found if href.startswith(f"{self._site}/")}

    def stops(self) -> list[tuple[str, bool]]:
        """What the Tab key comes to, in its order, with whether the focus is seen there."""
        self.page.evaluate("() => document.activeElement.blur()")
        stops: list[tuple[str, bool]] = []
        while True:
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate("() => focused()")
            if stop is None or tuple(stop) in stops:
                return stops
            stops.append((stop[0], stop[1]))

    def pages_on_paper(self) -> int:
        """How many sheets of A4 a print takes."""
        edge = "10mm"
        printed = self.page.pdf(format="A4", margin={"top": edge, "bottom": edge, "left": edge, "right": edge})
        return len(re.findall(rb"/Type\s*/Page\b", printed))


@contextmanager
def visiting(browser: Browser, site: str, headers: Mapping[str, str] | None = None) -> Iterator[Visitor]:
    """`headers`: of each of its requests, with the token that says who it is."""
    with browser.new_context(
        extra_http_headers=dict(headers or {}), viewport={"width": WIDTHS[-1], "height": HEIGHT}, locale="en-GB",
        timezone_id="UTC",
    ) as context:
        context.set_default_timeout(PATIENCE * 1000)
        context.add_init_script(_BREACHES)
        yield Visitor(context, site)


def walk(visitor: Visitor, paths: Iterable[str], looks: Sequence[Look], status: int = 200) -> list[str]:
    """The faults of pages; each is opened once and then looked at in every way. A fault that shows in several looks is
    told once."""
    faults: dict[str, list[str]] = {}
    for path in paths:
        visitor.open(path, status)
        for look in looks:
            visitor.look(look)
            for fault in visitor.take_faults():
                faults.setdefault(f"{path}: {fault}", []).append(str(look))
    return [f"{fault} ({', '.join(seen)})" for fault, seen in faults.items()]


def expect_none(faults: Iterable[str]) -> None:
    """Raises AssertionError with all of them."""
    listed = list(faults)
    if listed:
        raise AssertionError(f"{len(listed)} faults\n" + "\n".join(listed))


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")


def _faults_of_policy(response: Response) -> list[str]:
    policy = response.headers.get("content-security-policy", "")
    if "default-src" not in policy:
        return [f"content policy: {policy!r} has no default-src"]
    directives: dict[str, list[str]] = {
        words[0]: words[1:] for part in policy.split(";") if (words := part.split())}
    return [f"content policy: {name} allows {source}" for name, sources in directives.items() for source in sources
            if source in _UNSAFE and (name, source) != ("img-src", "data:")]


class Figure(NamedTuple):
    """A number as a page shows it. `value`: the exact one."""

    value: str
    text: str

    @property
    def holds(self) -> bool:
        """Whether the text is the value, rounded; in percent that of a fraction too. `< 1` says less, and `–` means
        that the value does not exist."""
        text = self.text.replace("\u2212", "-").replace("\u2013", "")
        digits = re.sub(r"[^\d.-]", "", text)
        if not digits:
            return not self.value
        times = (1, 100) if "%" in text else (1,)
        return any(_rounds(float(self.value) * factor, digits, text.startswith("<")) for factor in times)


def _rounds(value: float, digits: str, less: bool) -> bool:
    if less:
        return abs(value) < float(digits)
    if float(digits) == 99.9:  # the whole alone is 100 %
        return 99.85 <= value < 100.0
    decimals = len(digits.partition(".")[2])
    zeros = 0 if decimals else len(digits) - len(digits.rstrip("0"))
    return abs(value - float(digits)) <= 0.5000001 * 10.0 ** (zeros - decimals)
