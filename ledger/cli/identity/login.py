"""`login` and `logout`: begin and end the user's session at a server, or begin one of the browser."""

import webbrowser
from datetime import UTC, datetime
from pathlib import Path

import click

from ledger.cli.client import url_option
from ledger.cli.console import json_option, print_json, say, show
from ledger.cli.files import FILE, passphrase_file_option, passphrase_for
from ledger.cli.identity.opening import language, write_opening
from ledger.cli.identity.sessions import (
    KeptSession,
    forget_session,
    keep_session,
    kept_session,
    server_of,
    session_for,
    session_of,
)
from ledger.cli.trust import given_ca
from ledger.client.http import BlockingReader
from ledger.client.login import login_address
from ledger.errors import LedgerError, NotFound
from ledger.host.files.key_files import read_key


@click.command()
@click.option("--key", "path", type=FILE, envvar="CARBON_LEDGER_KEY", show_envvar=True,
              help="Enrolled key of your organisation. It stays where it is.")
@click.option("--organization", help="Id of your organisation, which the server then compares.")
@click.option("--browser", is_flag=True, help="Begin a session of your browser on the pages of the server, which lasts "
              "eight hours and reads only. With a session here, no --key is needed.")
@click.option("--browser-file", type=FILE, help="The file that the browser opens. By default it is in the folder of "
              "your sessions, which some packaged browsers cannot read.")
@passphrase_file_option
@url_option
@json_option
def login(
    path: Path | None, organization: str | None, browser: bool, browser_file: Path | None,
    passphrase_file: Path | None, url: str, as_json: bool,
) -> None:
    """Prove with a ledger key who you are. From now on all commands that ask this server do so by themselves.

    The session has the path of the key, and no secret. An encrypted key needs its passphrase each time a token is
    needed: by --passphrase-file, which the session remembers, or by CARBON_LEDGER_PASSPHRASE. The session also
    remembers the file of --ca until `logout`: later commands trust its authorities at this server.

    With --browser a page opens that names your organisation, and waits for your click. The code that opens it works
    once, within a minute. It stands in a file that only you can read, and in no list of processes.
    """
    if path is not None:
        _log_in(path, organization, passphrase_file, url, as_json and not browser)
    elif not browser:
        raise click.UsageError("Missing option '--key'.")
    if browser:
        _open_browser(url, browser_file, as_json)


def _log_in(path: Path, organization: str | None, passphrase_file: Path | None, url: str, as_json: bool) -> None:
    read_key(path, passphrase_for(path, passphrase_file))
    before, ca = kept_session(url), given_ca()
    remembered = str(ca.absolute()) if ca is not None else None if before is None else before.ca
    kept = KeptSession(server_of(url), str(path.absolute()), organization,
                       None if passphrase_file is None else str(passphrase_file.absolute()), remembered)
    with BlockingReader(url, session=session_of(kept)) as reader:
        token = reader.sign_in()
    keep_session(kept)
    until = f"{datetime.fromtimestamp(token.expires, UTC):%Y-%m-%dT%H:%M:%SZ}"
    if as_json:
        print_json({"url": kept.url, "key": kept.key, "organization": token.subject, "tokenExpires": until})
    else:
        show(f"logged in to {kept.url} as {token.subject or 'an organisation'} with {path}")


def _open_browser(url: str, file: Path | None, as_json: bool) -> None:
    """Opens the page of the login with a code."""
    with BlockingReader(url, session=session_for(url)) as reader:
        code = reader.browser_code()
    written = write_opening(login_address(server_of(url), language()), code, file)
    is_open = webbrowser.open(written.as_uri())
    if as_json:
        print_json({"url": server_of(url), "file": str(written), "opened": is_open})
    elif is_open:
        show(f"your browser opens {written}: it leads to {server_of(url)}, once, within a minute")
    else:
        show(f"no browser was found: open {written} within a minute; it leads to {server_of(url)}, once")


@click.command()
@url_option
@json_option
def logout(url: str, as_json: bool) -> None:
    """End the session at a server: its token is revoked, and the session is removed from this machine."""
    kept = kept_session(url)
    if kept is None:
        raise NotFound(f"there is no session at {server_of(url)}", field="url", value=server_of(url),
                       rule="a server at which you have logged in")
    try:
        with BlockingReader(url, session=session_of(kept)) as reader:
            reader.revoke_token()
    except LedgerError as error:
        say(f"warning: the token is not revoked and is valid for up to ten minutes: {error.message}")
    forget_session(kept)
    if as_json:
        print_json({"url": kept.url})
    else:
        show(f"logged out of {kept.url}")
