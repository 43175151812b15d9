"""Sessions: which key proves the user's identity at which server. Files of mode 0600 in the user's configuration
folder. A session names the file of its key and holds no secret; the cached tokens expire within minutes."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import click
import msgspec
from msgspec import Struct

from ledger.cli.files import passphrase_for
from ledger.client.http import address_of
from ledger.client.login import AccessToken, KeyLogin, LoginProof, SecretLogin, Session
from ledger.core.urls import shown
from ledger.errors import ConfigurationError
from ledger.host.files.durable import replace
from ledger.host.files.key_files import read_key

CLIENT_ID: Final = "CARBON_LEDGER_CLIENT_ID"
CLIENT_SECRET: Final = "CARBON_LEDGER_CLIENT_SECRET"  # noqa: S105 - the variable's name
KEY: Final = "CARBON_LEDGER_KEY"
SERVER: Final = "CARBON_LEDGER_URL"
_SESSIONS: Final = "sessions.json"
_TOKENS: Final = "tokens.json"
Value = TypeVar("Value")


class KeptSession(Struct, frozen=True, omit_defaults=True):
    """A session at the server `url`. `passphrase_file`: the file with the passphrase of the key, if it has one. `ca`:
    the file with the authorities that the user trusts at this server, if they are not the system's."""

    url: str
    key: str
    organization: str | None = None
    passphrase_file: str | None = None
    ca: str | None = None


class CachedToken(Struct, frozen=True):
    """A token of the login `name` at the server `url`."""

    url: str
    name: str
    token: AccessToken


class KeyFileLogin(Struct, frozen=True):
    """A login by the key in a file, which is read when a token is needed."""

    path: Path
    organization: str | None = None
    passphrase_file: Path | None = None

    @property
    def name(self) -> str:
        return f"{self.path} {self.organization or ''}"

    def proof(self, url: str) -> LoginProof:
        if not self.path.exists():
            raise ConfigurationError(
                f"the key of the session at {url} is gone: there is no file {self.path}", field="key", value=self.path,
                rule=f"the file at its place, or the end of the session: carbon-ledger logout --url {url}")
        key = read_key(self.path, passphrase_for(self.path, self.passphrase_file))
        return KeyLogin(key, self.organization).proof(url)


class TokenFile:
    """The cached tokens of a login at a server."""

    def __init__(self, url: str, name: str) -> None:
        self._url, self._name = url, name

    def load(self) -> AccessToken | None:
        """The cached token, also one that has expired."""
        return next((one.token for one in _read(_TOKENS, list[CachedToken]) or [] if self._is_own(one)), None)

    def save(self, token: AccessToken) -> None:
        """Caches the token; a folder that cannot be written costs a request each time."""
        with suppress(ConfigurationError):
            self._write([CachedToken(self._url, self._name, token)])

    def forget(self) -> None:
        self._write([])

    def _write(self, own: list[CachedToken]) -> None:
        def replaced(kept: list[CachedToken]) -> list[CachedToken]:
            return [*[one for one in kept if not self._is_own(one) and one.token.fresh], *own]

        _change(_TOKENS, list[CachedToken], replaced)

    def _is_own(self, cached: CachedToken) -> bool:
        return (cached.url, cached.name) == (self._url, self._name)


def session_for(url: str) -> Session | None:
    """The session of this program at a server: from the environment if the server is the one that the command is given
    for all its queries, otherwise from the user's sessions."""
    server = server_of(url)
    login = _login_of_environment() if server == _named_server() else None
    kept = kept_session(url)
    if login is not None:
        return Session(login, TokenFile(server, login.name), None if kept is None else _authorities_of(kept))
    return None if kept is None else session_of(kept)


def organization_at(url: str) -> str | None:
    """The organisation that this program's session at a server states, if it states one."""
    session = session_for(url)
    login = None if session is None else session.login
    return login.organization if isinstance(login, KeyFileLogin) else None


def session_of(kept: KeptSession) -> Session:
    """The session that the user keeps."""
    passphrase_file = None if kept.passphrase_file is None else Path(kept.passphrase_file)
    login = KeyFileLogin(Path(kept.key), kept.organization, passphrase_file)
    return Session(login, TokenFile(kept.url, login.name), _authorities_of(kept))


def _authorities_of(kept: KeptSession) -> Path | None:
    return None if kept.ca is None else Path(kept.ca)


def kept_session(url: str) -> KeptSession | None:
    server = server_of(url)
    return next((one for one in _read(_SESSIONS, list[KeptSession]) or [] if one.url == server), None)


def keep_session(kept: KeptSession) -> None:
    """Replaces the user's session at a server. Raises ConfigurationError."""
    _change(_SESSIONS, list[KeptSession], lambda all_: [*_without(all_, kept.url), kept])


def forget_session(kept: KeptSession) -> None:
    """Removes a session, with its tokens. Raises ConfigurationError."""
    _change(_SESSIONS, list[KeptSession], lambda all_: _without(all_, kept.url))
    session = session_of(kept)
    TokenFile(kept.url, session.login.name).forget()


def server_of(url: str) -> str:
    """The address of a server in one spelling, without a password. Raises InvalidInput."""
    return shown(str(address_of(url)).rstrip("/"))


def _without(sessions: list[KeptSession], url: str) -> list[KeptSession]:
    return [one for one in sessions if one.url != url]


def _named_server() -> str | None:
    """The server that `--url` or the environment names for this command."""
    context = click.get_current_context(silent=True)
    given = None if context is None else context.params.get("url")
    url = given or os.environ.get(SERVER)
    return server_of(url) if isinstance(url, str) and url else None


def _login_of_environment() -> SecretLogin | KeyFileLogin | None:
    """Raises ConfigurationError for half of a client."""
    client, secret = os.environ.get(CLIENT_ID), os.environ.get(CLIENT_SECRET)
    if bool(client) != bool(secret):
        raise ConfigurationError(f"only one of {CLIENT_ID} and {CLIENT_SECRET} is set", field=CLIENT_ID,
                                 rule="both, or neither of them")
    if client and secret:
        return SecretLogin(client, secret)
    key = os.environ.get(KEY)
    return KeyFileLogin(Path(key).absolute()) if key else None


def sessions_folder() -> Path:
    """The folder of the user's sessions."""
    return Path(click.get_app_dir("carbon-ledger"))


def _read(name: str, kind: type[Value]) -> Value | None:
    """The content of a file of the configuration folder; None if there is no such file. Raises ConfigurationError."""
    path = sessions_folder() / name
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", field="session", value=path) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ConfigurationError(f"{path} cannot be read: remove it, and log in again", field="session", value=path
                                 ) from None


def _change(name: str, kind: type[list[Value]], change: Callable[[list[Value]], list[Value]]) -> None:
    """Replaces a file's list by `change` of it. Programs that log in at the same time wait for each other. Raises
    ConfigurationError."""
    path = sessions_folder() / name
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(path.parent):
            replace(path, msgspec.json.encode(change(_read(name, kind) or [])))
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}", field="session", value=path) from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with os.fdopen(os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600), "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
