"""The offline verifier in a browser, opened from disk: it accepts the files of a real server, and rejects what an
attacker makes of them. It asks nobody but the address that its user enters, and runs nothing that this address sends.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser
from support.browsing import _MEASURING, PRINT, WIDTHS, Look, Visitor, expect_none, visiting
from support.crafted import Answer, LogSite, Tree, cosigned, log_site, promised, receipt_of
from support.exhibits import HOSTILE_NAMES
from support.server import Server, prepared_home
from support.static_log import ROGUE, SIGNER, StaticLog, some_entries
from support.verified_files import Story, story_told, tampered
from support.waiting import PATIENCE

from ledger.client.verify.offline_file import FILE_NAME, offline_verifier
from ledger.core.log.cosignature import CosignatureVerifier, Cosigner
from ledger.core.log.note import vkey
from ledger.host.files.key_files import new_key

FEW: Final = (Look(360), Look(1440, "dark"), PRINT)
ALL: Final = (*(Look(width, scheme) for width in WIDTHS for scheme in ("light", "dark")), PRINT)
PAGE_SCRIPT: Final = "markup: <script> "
"""How `support.browsing` names the page's own script."""
CRAFTED: Final = vkey(SIGNER.name, SIGNER.verifier.key)
PUBLISHED: Final = {"receipt": 7, "statement": 8, "bundle": 10}
"""The step that needs the log."""
GOOD, LIMITED, BAD = "verdict", "verdict limited", "verdict bad"
DUBIOUS: Final = (
    *HOSTILE_NAMES, "\u202egro.lliw\u2066", "<script>alert(1)</script>" * 400, "W" * 10_000, "\u94a2" * 10_000,
)


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with story_told() as told:
        yield told


class Sceptic:
    """Somebody who has the file on disk, and uses it. `keys`: what they pin."""

    def __init__(self, visitor: Visitor, keys: str = "") -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.open()
        self.pin(keys)

    def open(self) -> None:
        self.page.goto(f"{self.visitor._site}/{FILE_NAME}")
        self.page.evaluate(_MEASURING.read_text(encoding="utf-8"))

    def pin(self, keys: str) -> None:
        self.page.locator("#trust").fill(keys)

    def give(self, tree: Tree | str, name: str = "file.json") -> "Sceptic":
        """Chooses a file, which is checked at once."""
        data = tree if isinstance(tree, str) else json.dumps(tree)
        self._mark()
        self.page.locator("#file").set_input_files({"name": name, "mimeType": "", "buffer": data.encode()})
        return self.wait()

    def ask(self, address: str) -> "Sceptic":
        """Enters an address, and checks."""
        self.page.locator("#address").fill(address)
        self._mark()
        self.page.locator("#check").click()
        return self.wait()

    def _mark(self) -> None:
        """Marks the results that are shown now, so that nobody takes them for new ones."""
        self.page.evaluate("() => { for (const one of document.querySelector('#result').children) "
                           "one.dataset.earlier = ''; }")

    def wait(self) -> "Sceptic":
        self.page.locator("#result > :not([data-earlier])").first.wait_for(state="attached")
        self.page.locator("#check:not([disabled])").wait_for(state="attached")
        return self

    @property
    def verdicts(self) -> list[tuple[str, str]]:
        """The class and the headline of each."""
        found = self.page.locator("#result .verdict").evaluate_all(
            "all => all.map(one => [one.className, one.querySelector('h2')?.textContent ?? ''])")
        return [(name, text) for name, text in found]

    @property
    def states(self) -> list[list[str]]:
        """Of each list of steps."""
        found: list[list[str]] = self.page.locator("#result ol").evaluate_all(
            "all => all.map(one => [...one.children].map(step => step.className))")
        return found

    @property
    def text(self) -> str:
        return self.page.locator("#result").inner_text()

    def faults(self) -> list[str]:
        """Everything wrong so far, without requests to the address that was entered."""
        address = self.page.locator("#address").input_value()
        asked = f"request to another host: {address}/log/"
        return [fault for fault in self.visitor.take_faults()
                if not fault.startswith(PAGE_SCRIPT) and not (address and fault.startswith(asked))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("disk")
    (folder / FILE_NAME).write_bytes(offline_verifier())
    return folder


@contextmanager
def sceptic(browser: Browser, folder: Path, keys: str = "") -> Iterator[Sceptic]:
    with visiting(browser, folder.as_uri()) as visitor:
        yield Sceptic(visitor, keys)


@pytest.mark.parametrize("kind", ["receipt", "statement", "bundle"])
def test_files_of_a_real_server_hold(browser: Browser, folder: Path, story: Story, kind: str) -> None:
    """Without a network, and then with the log's address."""
    with sceptic(browser, folder, story.server.vkey) as person:
        verdict, headline = person.give(story.file(kind)).verdicts[0]
        assert verdict in (GOOD, LIMITED), person.text
        assert headline.startswith(("The figure is proved", "The record and its figures are"))
        assert "fails" not in person.states[0]
        assert "holds" in person.states[0]
        shown = person.page.locator("#result .fig data").first.get_attribute("value")
        assert float(shown or "") == pytest.approx(float(story.statement["claims"]["figure"]["perUnit"]))
        assert person.faults() == []
        person.ask(story.server.url)
        assert person.states[-1] == ["holds", "notAsked", "holds", "holds"], person.text
        assert person.states[0][PUBLISHED[kind] - 1] == "holds"
        assert person.faults() == []


def test_titles_and_doubts_stand_beside_the_figure(browser: Browser, folder: Path, story: Story) -> None:
    figure = story.statement["claims"]["figure"]
    with sceptic(browser, folder, story.server.vkey) as person:
        text = person.give(story.statement).text
    assert figure["title"] in text
    for share in figure.get("doubtful", {}).values():
        assert share in text
    for limitation in story.statement["claims"].get("limitations", []):
        assert limitation not in text.split("What this does not prove")[1]


def test_doubts_stay_without_the_statement(browser: Browser, folder: Path, story: Story) -> None:
    """A bundle is not signed as a whole: whoever hands it on can leave parts out."""
    assert story.doubtful["statement"]["claims"]["figure"]["doubtful"]
    with sceptic(browser, folder, story.server.vkey) as person:
        text = person.give({name: value for name, value in story.doubtful.items() if name != "statement"}).text
    assert "in the log, but they are doubtful" in text


def test_a_file_that_is_too_large_leaves_no_verdict_of_the_one_before(
    browser: Browser, folder: Path, story: Story, tmp_path: Path
) -> None:
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate((64 << 20) + 1)
    with sceptic(browser, folder, story.server.vkey) as person:
        person.give(story.statement)
        person.page.set_input_files("#file", large)
        person.page.wait_for_selector("text=The file is larger than 64 MiB")
        assert "is proved" not in person.text


def test_an_acknowledgement_is_a_promise(browser: Browser, folder: Path) -> None:
    with sceptic(browser, folder, CRAFTED) as person:
        person.give(promised(receipt_of("urn:x:lot", "urn:x:part"), SIGNER))
        assert person.verdicts == [(LIMITED, "The log has promised this record, but not published it yet")]
        person.give(promised(receipt_of("urn:x:lot", "urn:x:part"), ROGUE))
        assert person.verdicts[0][0] == BAD


def test_many_receipts_in_a_file(browser: Browser, folder: Path, story: Story) -> None:
    forged = deepcopy(story.receipt)
    forged["leaves"][-1]["leaf"]["burdens"]["fossilGhgEmissions"] = "0.5"
    with sceptic(browser, folder, story.server.vkey) as person:
        person.give("\n".join(map(json.dumps, [story.receipt, forged])), "receipts.ndjson")
        assert person.verdicts[0] == (BAD, "Of 2 receipts 1 do not hold")


def test_tampered_files_are_rejected(browser: Browser, folder: Path, story: Story) -> None:
    with sceptic(browser, folder, story.server.vkey) as person:
        for name, tree in tampered(story).items():
            person.give(tree)
            assert person.verdicts == [(BAD, "Do not use this file: it does not hold")], f"{name}: {person.text}"
            assert person.states[0].count("fails") == 1, name
            assert person.page.locator("#result .verdict .fig:not(s)").count() == 0, name
        assert person.faults() == []


def test_files_of_another_log_are_rejected(browser: Browser, folder: Path, story: Story) -> None:
    with sceptic(browser, folder, CRAFTED) as person:
        for kind in ("receipt", "statement", "bundle"):
            assert person.give(story.file(kind)).verdicts[0][0] == BAD


def test_a_stripped_cosignature_is_noticed(browser: Browser, folder: Path, story: Story) -> None:
    private = new_key().private
    witness = Cosigner("witness.test", private, 1_750_000_000)
    key = CosignatureVerifier(witness.name, private.public_key()).vkey
    policy = f"log {story.server.vkey}\nwitness w {key}\nquorum w"
    with sceptic(browser, folder, policy) as person:
        person.give(cosigned(story.receipt, witness))
        assert person.verdicts[0][0] != BAD, person.text
        assert person.states[0][7] == "holds"
        person.give(story.receipt)
        assert person.verdicts[0][0] == BAD
        assert "Too few of your policy’s witnesses" in person.text
        person.pin(f"log {story.server.vkey}\nwitness w {key}\nquorum none")
        person.page.locator("#check").click()
        assert person.wait().verdicts[0][0] != BAD


def publish(site: LogSite, log: StaticLog) -> None:
    site.publish(log.files, log.note, log.key)


def test_a_log_that_grows_holds(browser: Browser, folder: Path) -> None:
    with log_site() as site, sceptic(browser, folder, CRAFTED) as person:
        publish(site, StaticLog(some_entries(270)))
        assert person.ask(site.url).verdicts == [(GOOD, "The log’s newest checkpoint holds")]
        publish(site, StaticLog(some_entries(530)))
        person.open()
        person.pin(CRAFTED)
        assert person.ask(site.url).verdicts == [(GOOD, "The log’s history holds")]
        assert "Before, this page had seen 270 entries." in person.text
        assert person.faults() == []


@pytest.mark.parametrize("later", [
    StaticLog(some_entries(400, changed=250)), StaticLog(some_entries(270, changed=269)), StaticLog(some_entries(269)),
], ids=["forked", "forked-at-its-size", "rolled-back"])
def test_a_forked_or_rolled_back_log_is_shouted_about(browser: Browser, folder: Path, later: StaticLog) -> None:
    """Also after the page has been closed, and it stays so: the memory is not overwritten."""
    seen = StaticLog(some_entries(270))
    with log_site() as site, sceptic(browser, folder, CRAFTED) as person:
        publish(site, seen)
        person.ask(site.url)
        publish(site, later)
        for _ in range(2):
            person.open()
            person.pin(CRAFTED)
            person.ask(site.url)
            assert person.verdicts[0] == (BAD, "Warning: this log has shown two different histories")
            notes = person.page.locator("#result pre").all_inner_texts()
            assert [note.strip() for note in notes] == [seen.note.strip(), later.note.strip()]
        assert person.faults() == []


def test_a_file_of_a_fork_is_shouted_about(browser: Browser, folder: Path, story: Story) -> None:
    """The operator forges a log of their own, with their key, for one customer; another part of the page's memory is a
    true file. Both verify: only together they show the fork."""
    size = int(story.receipt["proof"].partition("\n\n")[2].split("\n")[1])
    forged = StaticLog(some_entries(size), story.signer)
    with log_site() as site, sceptic(browser, folder, story.server.vkey) as person:
        publish(site, forged)
        person.give(story.receipt)
        assert person.verdicts[0][0] != BAD
        person.ask(site.url)
        assert person.verdicts[0] == (BAD, "Warning: this log has shown two different histories")


def test_without_a_key_nothing_is_proven(browser: Browser, folder: Path, story: Story) -> None:
    with sceptic(browser, folder) as person:
        for kind in ("receipt", "statement", "bundle"):
            person.give(story.file(kind))
            assert person.verdicts == [(BAD, "Nothing is proven: you have given no key")]
            assert person.states == []
        person.ask(story.server.url)
        assert person.verdicts == [
            (LIMITED, "Nothing is proven against the operator: the key is from their own server")]
        assert story.server.vkey in person.text
        assert "The figure is proved" not in person.text


HOSTILE_ANSWERS: Final = {
    "a page with a script": Answer(b"<script>document.title = 'owned'</script>", 200, {"Content-Type": "text/html"}),
    "a script": Answer(b"document.title = 'owned'", 200, {"Content-Type": "text/javascript"}),
    "a redirection": Answer(b"", 302, {"Location": "http://other.example/log/checkpoint"}),
    "an error": Answer(b"<h1>500</h1>", 500, {"Content-Type": "text/html"}),
    "too much": Answer(b"x" * 3_000_000), "nothing": Answer(b""), "bytes": Answer(bytes(range(256))),
    "a deep tree": Answer(b"[" * 100_000),
    "a note with markup": Answer("a\n1\n<img src=x onerror=alert(1)>\n\n— a AAAA\n".encode()),
}


@pytest.mark.parametrize("name", HOSTILE_ANSWERS)
def test_a_hostile_server_runs_nothing(browser: Browser, folder: Path, story: Story, name: str) -> None:
    """Its own page says that everything holds, and gives a forged statement; the file on disk says otherwise."""
    forged = tampered(story)["forged statement"]
    with log_site() as site, sceptic(browser, folder, story.server.vkey) as person:
        site.others = HOSTILE_ANSWERS[name]
        person.ask(site.url)
        assert person.verdicts[0][0] in (BAD, LIMITED) or person.page.locator("#result .verdict.bad").count()
        assert "holds" not in [state for states in person.states for state in states]
        person.give(forged)
        assert person.verdicts[0][0] == BAD
        assert "owned" not in person.page.title()
        assert all(path.startswith("/log/") for path in site.asked)
        # The browser itself writes a line about a status, and about a redirection that it does not follow.
        assert [fault for fault in person.faults() if not fault.startswith("console: ")] == []


def test_hostile_names_are_text(browser: Browser, folder: Path) -> None:
    with sceptic(browser, folder, CRAFTED) as person:
        for name in DUBIOUS:
            person.page.evaluate("() => localStorage.clear()")  # each is a log of its own
            person.give(receipt_of(name, name, name), f"{name[:50].replace('/', '')}.json")
            assert person.verdicts[0][0] == GOOD, name[:80]
            person.visitor.look(Look(360))
            assert person.faults() == [], name[:80]
        assert person.page.locator("#result img, #result script").count() == 0


@pytest.mark.parametrize("text", [
    "nothing", "{}", "[]", "null", '{"statement": 1}', '{"bundle": "x"}', "\x00", "[" * 9_999])
def test_other_files_are_named(browser: Browser, folder: Path, text: str) -> None:
    with sceptic(browser, folder, CRAFTED) as person:
        assert person.give(text).verdicts == [(BAD, "This cannot be read")]


def test_the_page_holds(browser: Browser, folder: Path, story: Story) -> None:
    expect_none(faults_in(browser, folder, story, FEW))


@pytest.mark.faults_long
def test_the_page_holds_in_each_look(browser: Browser, folder: Path, story: Story) -> None:
    expect_none(faults_in(browser, folder, story, ALL))


def faults_in(browser: Browser, folder: Path, story: Story, looks: Sequence[Look]) -> list[str]:
    """Of the page when it is empty, with a result, with a failure, and with a fork, in both languages."""
    faults: list[str] = []
    with log_site() as site, sceptic(browser, folder, story.server.vkey) as person:

        def look() -> None:
            for language in ("en", "zh"):
                person.page.locator(f"[data-language={language}]").click()
                for each in looks:
                    person.visitor.look(each)
                    faults.extend(f"{language} {each}: {fault}" for fault in person.faults())
                person.visitor.turn(looks[0])

        look()
        person.give(story.statement)
        look()
        person.give(story.bundle)
        person.page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
        look()
        person.give(tampered(story)["swapped figure"])
        look()
        publish(site, StaticLog(some_entries(2), story.signer))
        person.ask(site.url)
        person.give(story.receipt)
        look()
        assert all(seen for _, seen in person.visitor.stops())
    return faults


def test_chinese_results(browser: Browser, folder: Path, story: Story) -> None:
    with sceptic(browser, folder, story.server.vkey) as person:
        person.page.locator("[data-language=zh]").click()
        person.give(story.statement)
        assert person.page.locator("html").get_attribute("lang") == "zh-Hans"
        words = person.page.locator("#result").evaluate(
            "one => [...one.querySelectorAll('h2, dt, .state, .steps span')].map(part => part.textContent)")
        assert [word for word in words if word and not any("\u4e00" <= letter <= "\u9fff" for letter in word)] == []


def test_it_forgets_when_asked(browser: Browser, folder: Path, story: Story) -> None:
    with sceptic(browser, folder, story.server.vkey) as person:
        person.give(story.receipt)
        person.page.locator("#memory button").click()
        assert person.page.evaluate("() => localStorage.length") == 0


def test_a_paste_and_a_drop(browser: Browser, folder: Path, story: Story) -> None:
    with sceptic(browser, folder, story.server.vkey) as person:
        person.page.locator("#drop details").evaluate("one => { one.open = true; }")
        person.page.locator("#text").fill(json.dumps(story.receipt, indent=2))
        person.page.locator("#check").click()
        assert person.wait().verdicts[0][0] != BAD
        dropped = person.page.evaluate_handle("""text => {
          const data = new DataTransfer();
          data.items.add(new File([text], "dropped.json"));
          return data;
        }""", json.dumps(tampered(story)["tampered statement"]))
        person.page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
        person.page.get_by_text("dropped.json").wait_for(timeout=PATIENCE * 1000)
        assert person.wait().verdicts[0][0] == BAD


def test_a_server_that_does_not_share_its_log_is_named(browser: Browser, folder: Path) -> None:
    """At a loopback address, as a server is started without a setting."""
    with prepared_home() as home, Server(home) as server, sceptic(browser, folder, server.vkey) as person:
        assert person.ask(server.url).verdicts == [(LIMITED, "The address did not answer")]
        assert "`cors`" in person.text
