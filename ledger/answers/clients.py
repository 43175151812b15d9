"""Answers about the clients of an organisation, and about access tokens."""

from ledger.answers.stored import QueryAnswer


class ClientAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Software or a person that an organisation has entered. `scopes`: of read, post, admin. `revoked`: since when its
    tokens are invalid."""

    id: str
    name: str
    scopes: list[str]
    created: str
    revoked: str | None = None


class NewClientAnswer(ClientAnswer, frozen=True, kw_only=True):
    """A new client. `secret` is shown once."""

    secret: str


class ClientPage(QueryAnswer, frozen=True, kw_only=True):
    """Clients of an organisation, by id. `next`: the value of `after` for the next page."""

    clients: list[ClientAnswer]
    next: str | None = None
