"""Asks a ledger in this process as one caller or another, without tokens: below the layer that verifies them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from ledger.access.caller import NOBODY, SCOPES, Caller
from ledger.app import create_app
from ledger.web.authorization import CALLER
from support.inside import Inside

Parameters = Mapping[str, str] | Sequence[tuple[str, str]]
BASE: Final = "http://ledger"


def member(organization: str) -> Caller:
    """Whoever signs in with a key of an organisation."""
    return Caller(organization, frozenset(SCOPES), "key")


class Callers:
    """Asks the ledger as given callers. The ledger must not be open, otherwise everybody sees everything."""

    def __init__(self, ledger: Inside) -> None:
        if ledger.ledger.gate.is_open:
            raise ValueError("the ledger is open: pass access='parties' to `inside`")
        self.ledger = ledger
        self._app: Any = create_app(ledger.ledger)

    def get(self, caller: Caller | str | None, path: str, parameters: Parameters = ()) -> httpx.Response:
        """`caller`: an organisation's id stands for a member of it, None for nobody."""
        return self.ledger.run(self.ask("GET", caller, path, params=httpx.QueryParams(list(
            parameters.items() if isinstance(parameters, Mapping) else parameters))))

    def post(self, caller: Caller | str | None, path: str, body: bytes, media_type: str = "application/json"
             ) -> httpx.Response:
        return self.ledger.run(self.ask("POST", caller, path, content=body, headers={"content-type": media_type}))

    def app(self, caller: Caller | str | None) -> Any:
        """The server as `caller` reaches it."""
        return _As(self._app, _caller(caller))

    async def ask(self, method: str, caller: Caller | str | None, path: str, **how: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app(caller))
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.request(method, path, **how)


def _caller(named: Caller | str | None) -> Caller:
    if named is None:
        return NOBODY
    return member(named) if isinstance(named, str) else named


class _As:
    def __init__(self, app: Any, caller: Caller) -> None:
        self._app, self._caller = app, caller

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope = {**scope, "state": {**scope.get("state", {}), CALLER: self._caller}}
        await self._app(scope, receive, send)
