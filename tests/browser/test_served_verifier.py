"""The check of a figure on a page of the server: it accepts what a true server sends, and rejects what a false one
sends. The page and its script are the true ones here, as they are if only the server's data was tampered with.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Final

import pytest
from httpx import QueryParams
from playwright.sync_api import Browser, Route
from support.browsing import PRINT, Look, Visitor, expect_none, visiting
from support.crafted import Tree
from support.static_log import StaticLog, some_entries
from support.verified_files import Story, resigned, story_told, tampered

from ledger.core.log.cosignature import CosignatureVerifier, Cosigner
from ledger.core.log.note import NoteSigner
from ledger.host.files.key_files import new_key

GOOD, LIMITED, BAD = "verdict", "verdict limited", "verdict bad"
REJECTED: Final = (BAD, "Do not use this file: it does not hold")
FORKED: Final = (BAD, "Warning: this log has shown two different histories")
LOOKS: Final = (Look(360), Look(1440, "dark"), PRINT)
STATEMENT: Final = "**/v1/statement?*"
RECEIPT: Final = "**/v1/records/*/proof"
LOG: Final = "**/log/**"


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with story_told() as told:
        yield told


class Buyer:
    """Somebody who opens the page of a check, and pins keys."""

    def __init__(self, visitor: Visitor, keys: str = "") -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.keys = keys

    def check(self, language: str = "en", **asked: str) -> "Buyer":
        self.visitor.open(f"/{language}/verify?{QueryParams(asked)}")
        self.page.locator("#trust").fill(self.keys)
        return self.again()

    def again(self) -> "Buyer":
        self.page.locator("#check").click()
        self.page.locator("#result > *").first.wait_for(state="attached")
        self.page.locator("#check:not([disabled])").wait_for(state="attached")
        return self

    @property
    def verdicts(self) -> list[tuple[str, str]]:
        """The class and the headline of each."""
        all_of_them = self.page.locator("#result .verdict").evaluate_all(
            "all => all.map(one => [one.className, one.querySelector('h2')?.textContent ?? ''])")
        return [(name, text) for name, text in all_of_them]

    @property
    def states(self) -> list[list[str]]:
        """Of each list of steps."""
        lists: list[list[str]] = self.page.locator("#result ol").evaluate_all(
            "all => all.map(one => [...one.children].map(step => step.className))")
        return lists

    @property
    def text(self) -> str:
        return self.page.locator("#result").inner_text()

    def answer(self, pattern: str, body: Tree | str, status: int = 200) -> None:
        """The server sends another file from now on."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.page.unroute(pattern)
        self.page.route(pattern, lambda route: route.fulfill(status=status, body=text, content_type="text/html"))

    def show(self, log: StaticLog) -> None:
        """The server shows another log from now on."""
        self.page.unroute(LOG)
        self.page.route(LOG, lambda route: _fulfill(route, log))


def _fulfill(route: Route, log: StaticLog) -> None:
    path = route.request.url.partition("/log/")[2]
    notes = {"checkpoint": log.note, "vkey": log.key, "keys": '{"rotations":[]}'}
    content = notes[path].encode() if path in notes else log.files.get(path)
    route.fulfill(status=404 if content is None else 200, body=content or b"")


@contextmanager
def buyer(browser: Browser, story: Story, keys: str | None = None) -> Iterator[Buyer]:
    with visiting(browser, story.server.url) as visitor:
        yield Buyer(visitor, story.server.vkey if keys is None else keys)


def lot(story: Story) -> str:
    return story.mill.name("part")


def test_a_true_server_holds(browser: Browser, story: Story) -> None:
    """The statement of a lot, the receipt of a record, and the log alone; then again, with what was remembered."""
    digest = story.receipt["digest"]
    with buyer(browser, story) as person:
        for asked in ({"lot": lot(story)}, {"record": digest}):
            verdict, headline = person.check(**asked).verdicts[0]
            assert verdict in (GOOD, LIMITED), person.text
            assert headline.startswith(("The figure is proved", "The record and its figures are"))
            assert "fails" not in [state for states in person.states for state in states]
            shown = person.page.locator("#result .fig data").first.get_attribute("value")
            assert float(shown or "") == pytest.approx(float(story.statement["claims"]["figure"]["perUnit"]))
        assert person.check().verdicts == [(GOOD, "The log’s history holds")]
        assert "Before, this page had seen" in person.text
        assert person.visitor.take_faults() == []


def test_it_says_what_it_cannot_show(browser: Browser, story: Story) -> None:
    with buyer(browser, story) as person:
        person.visitor.open(f"/en/verify?{QueryParams({'lot': lot(story)})}")
        limits = person.page.locator("section[aria-labelledby=limits]").inner_text()
        assert "It cannot show that the operator sends a script that accepts everything" in limits
        assert person.page.locator("section[aria-labelledby=limits] a").get_attribute("href") == "/en/log#check"


@pytest.mark.parametrize("name", [
    "tampered statement", "forged statement", "swapped figure", "swapped title", "swapped entry"])
def test_a_false_statement_is_rejected(browser: Browser, story: Story, name: str) -> None:
    with buyer(browser, story) as person:
        person.answer(STATEMENT, tampered(story)[name])
        assert person.check(lot=lot(story)).verdicts[:1] == [REJECTED], person.text
        assert person.page.locator("#result .verdict .fig:not(s)").count() == 0


@pytest.mark.parametrize("name", ["swapped figure in a receipt", "forged checkpoint"])
def test_a_false_receipt_is_rejected(browser: Browser, story: Story, name: str) -> None:
    with buyer(browser, story) as person:
        person.answer(RECEIPT, tampered(story)[name])
        assert person.check(record=story.receipt["digest"]).verdicts[:1] == [REJECTED], person.text


def test_a_true_file_about_another_thing_is_rejected(browser: Browser, story: Story) -> None:
    other = story.doubtful["receipt"]
    assert other["digest"] != story.receipt["digest"]
    with buyer(browser, story) as person:
        person.answer(STATEMENT, story.doubtful["statement"])
        person.answer(RECEIPT, other)
        for asked in ({"lot": lot(story)}, {"record": story.receipt["digest"]}):
            assert person.check(**asked).verdicts[:1] == [REJECTED], person.text
            assert "about another lot or record than the one that you asked for" in person.text
            assert person.page.locator("#result .verdict .fig:not(s)").count() == 0


def _rolled_back(story: Story) -> StaticLog:
    return StaticLog(some_entries(2), story.signer)


def _forked(story: Story) -> StaticLog:
    return StaticLog(some_entries(300), story.signer)


@pytest.mark.parametrize("false", [_rolled_back, _forked])
def test_a_log_that_forgets_or_forks_is_shouted_about(
    browser: Browser, story: Story, false: Callable[[Story], StaticLog]
) -> None:
    """Its operator signs it with the true key; the browser has seen the true log before, or the file is of it."""
    with buyer(browser, story) as person:
        person.show(false(story))
        assert FORKED in person.check(lot=lot(story)).verdicts, person.text
        person.page.unroute(LOG)
        person.check()
        person.show(false(story))
        for _ in range(2):
            assert person.check().verdicts[0] == FORKED, person.text


def test_a_forged_checkpoint_of_the_log_is_rejected(browser: Browser, story: Story) -> None:
    rogue = NoteSigner(story.server.origin, new_key().private)
    with buyer(browser, story) as person:
        person.show(StaticLog(some_entries(300), rogue))
        assert person.check().verdicts == [(BAD, "Do not rely on this log: its answer does not hold")], person.text
        person.check(lot=lot(story))
        assert person.states[-1][0] == "fails", person.text


def test_a_missing_cosignature_is_noticed(browser: Browser, story: Story) -> None:
    private = new_key().private
    witness = Cosigner("witness.test", private, 1_750_000_000)
    key = CosignatureVerifier(witness.name, private.public_key()).vkey
    with buyer(browser, story, f"log {story.server.vkey}\nwitness w {key}\nquorum w") as person:
        person.check(record=story.receipt["digest"])
        assert person.verdicts[0] == REJECTED
        assert "Too few of your policy’s witnesses" in person.text


def test_without_a_key_nothing_is_proven_against_the_operator(browser: Browser, story: Story) -> None:
    """An operator who swaps the log, its key and the figure at once is not found out, and the page does not say so."""
    rogue = NoteSigner(story.server.origin, new_key().private)
    with buyer(browser, story, "") as person:
        forged = StaticLog(some_entries(300), rogue)
        claims = deepcopy(story.statement)
        claims["claims"]["figure"]["perUnit"] = "0.5"
        person.show(forged)
        person.answer(STATEMENT, resigned(claims, rogue))
        person.check(lot=lot(story))
        assert person.verdicts[0][0] != GOOD
        person.page.unroute(STATEMENT)
        person.page.unroute(LOG)
        person.check(lot=lot(story))
        assert person.verdicts[0] == (
            LIMITED, "Nothing is proven against the operator: the key is from their own server")


@pytest.mark.parametrize(("asked", "said"), [
    ({"lot": "urn:example:nowhere"}, "404"), ({"record": "0" * 64}, "404")])
def test_a_thing_that_is_not_there_is_named(
    browser: Browser, story: Story, asked: dict[str, str], said: str
) -> None:
    with buyer(browser, story) as person:
        person.check(**asked)
        assert person.verdicts == [(BAD, "This cannot be read")]
        assert said in person.text


def test_hostile_answers_run_nothing(browser: Browser, story: Story) -> None:
    with buyer(browser, story) as person:
        for body in ("", "[" * 100_000, '{"detail":"<img src=x onerror=alert(1)>"}', "\x00", '{"statement":1}'):
            for status in (200, 500):
                person.answer(STATEMENT, body, status)
                person.check(lot=lot(story))
                assert person.verdicts == [(BAD, "This cannot be read")], body[:40]
        assert person.page.locator("#result img, #result script").count() == 0
        # The browser itself writes a line about a status.
        assert [fault for fault in person.visitor.take_faults() if not fault.startswith("console: Failed")] == []


def test_the_page_holds_with_its_results(browser: Browser, story: Story) -> None:
    faults: list[str] = []
    with buyer(browser, story) as person:
        for language in ("en", "zh"):
            for false in (False, True):
                if false:
                    person.answer(STATEMENT, tampered(story)["swapped figure"])
                person.check(language, lot=lot(story))
                person.page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
                for look in LOOKS:
                    person.visitor.look(look)
                    faults += [f"{language} {look}: {fault}" for fault in person.visitor.take_faults()]
                person.visitor.turn(LOOKS[0])
            assert all(seen for _, seen in person.visitor.stops())
            person.page.unroute(STATEMENT)
    expect_none(faults)


def test_results_are_in_the_language_of_the_page(browser: Browser, story: Story) -> None:
    with buyer(browser, story) as person:
        person.check("zh", lot=lot(story))
        words = person.page.locator("#result").evaluate(
            "one => [...one.querySelectorAll('h2, dt, .state, .steps span')].map(part => part.textContent)")
        assert [word for word in words if word and not any("\u4e00" <= letter <= "\u9fff" for letter in word)] == []
