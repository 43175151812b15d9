"""The login of a person with a real browser: the command opens it, the page names the organisation, a session reads."""

import sqlite3
import stat
from pathlib import Path

import httpx
from httpx import QueryParams
from playwright.sync_api import Browser, Page, expect
from support.browsing import Look, visiting, walk
from support.cli import run
from support.exhibits import CALLERS, Exhibit, lot_page
from support.tools import tool

from ledger.host.files.key_files import write_key


def opened(foundry: Exhibit, folder: Path) -> str:
    """The address that the command gives to the user's browser."""
    organization = organization_of(foundry)
    write_key(folder / "key.pem", foundry.keys[organization])
    browser = folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$*" > {folder}/asked\n')
    browser.chmod(0o700)
    run("login", "--browser", "--key", folder / "key.pem", XDG_CONFIG_HOME=str(folder / "config"), LANG="C.UTF-8",
        CARBON_LEDGER_URL=foundry.url, BROWSER=f"{browser} %s").succeeded()
    address = (folder / "asked").read_text().strip()
    file = Path(address.removeprefix("file://"))
    assert (address.startswith("file://"), stat.S_IMODE(file.stat().st_mode)) == (True, 0o600)
    assert 'name="code"' in file.read_text()
    return address


def organization_of(foundry: Exhibit) -> str:
    name = CALLERS["supplier"]
    return next(one for one in foundry.keys if one.endswith(f":{name}"))


def own_lot(foundry: Exhibit, organization: str) -> str:
    headers = foundry.headers(organization)
    return next(lot for lot in foundry.lots if httpx.get(
        f"{foundry.url}/v1/footprint", params={"lot": lot}, headers=headers).status_code == 200)


def begin(page: Page, address: str) -> None:
    page.goto(address)
    page.click("#enter")
    page.wait_for_url("**/en/")


def test_a_person_logs_in_reads_and_logs_out(browser: Browser, foundry: Exhibit, tmp_path: Path) -> None:
    organization = organization_of(foundry)
    own = own_lot(foundry, organization)
    page_of_own = f"/en{lot_page(own)}"
    with visiting(browser, foundry.url) as visitor:
        page = visitor.page
        assert walk(visitor, ["/en/login", "/zh/login"], [Look(360), Look(1440, "dark")]) == []
        assert walk(visitor, [page_of_own], [], status=404) == []
        page.goto(opened(foundry, tmp_path))
        page.wait_for_selector("#enter:visible")
        expect(page.locator(".who")).to_contain_text(organization)
        page.click("#enter")
        page.wait_for_url("**/en/")
        expect(page.get_by_role("button", name="Log out")).to_be_visible()
        visitor.open("/en/")
        assert [fault for fault in visitor.take_faults() if "host: file:" not in fault] == []
        assert walk(visitor, [page_of_own], [Look(360), Look(1440, "dark")]) == []
        # Its JSON is one click away in the same session.
        figure = f"{foundry.url}/v1/footprint?{QueryParams({'lot': own})}"
        statuses = [page.goto(figure)]
        visitor.open(page_of_own)
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/en/")
        expect(page.get_by_role("link", name="Log in")).to_be_visible()
        statuses.append(page.goto(figure))
        assert [answer and answer.status for answer in statuses] == [200, 404]
        page.go_back()
        page.go_back()
        assert "Log out" not in page.content()


def test_a_code_is_refused_in_words_the_second_time(browser: Browser, foundry: Exhibit, tmp_path: Path) -> None:
    address = opened(foundry, tmp_path)
    with visiting(browser, foundry.url) as first, visiting(browser, foundry.url) as second:
        begin(first.page, address)
        second.page.goto(address)
        expect(second.page.locator("#why")).to_contain_text("the code is used")
        assert second.page.context.cookies() == []


def test_history_and_disk_of_a_browser_have_no_code(browser: Browser, foundry: Exhibit, tmp_path: Path) -> None:
    address = opened(foundry, tmp_path)
    code = Path(address.removeprefix("file://")).read_text().partition('name="code" value="')[2].partition('"')[0]
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path=tool("chromium"), args=["--no-first-run"])
    try:
        begin(context.new_page(), address)
    finally:
        context.close()
    (history,) = (tmp_path / "profile").rglob("History")
    with sqlite3.connect(history) as database:
        visited = [url for (url,) in database.execute("SELECT url FROM urls")]
    assert any("/en/" in url for url in visited)
    assert len(code) > 200
    files = [file for file in (tmp_path / "profile").rglob("*") if file.is_file()]
    assert [file.name for file in files if code[-40:].encode() in file.read_bytes()] == []
