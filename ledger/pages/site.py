"""The frame of all pages: languages, templates, headers, and the answer for errors."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from ledger.answers.problems import Problem, problem_of
from ledger.drawings.bars import share_bar
from ledger.drawings.patterns import DEFINITIONS, STYLESHEET, swatch
from ledger.errors import Exhausted, LedgerError, Unavailable
from ledger.pages.figures import FILTERS
from ledger.pages.foreign import without_marks
from ledger.pages.words import LANGUAGES, TAGS, Language, PageWords
from ledger.service.ledger import Ledger
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.tree_size import as_of_size
from ledger.web.authorization import caller_of
from ledger.web.door.callers import IN_SESSION
from ledger.web.problems import http_error, problem_headers, unexpected_error

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy: a page runs no script and loads its one stylesheet from here. `scripted` has the
exceptions."""
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
    "Vary": "Authorization, Cookie",
}
"""Of every page. Ids of lots stand in addresses, so no other host learns an address. Without any referrer, a browser
would not say that a form is of this site."""
HTML: Final = "text/html"
_PARAMETERS: Final = frozenset({"lot", "at", "by", "show", "nodes", "open", "name", "id", "product", "year", "record",
                                     "find"})
AnyRequest = Request[Any, Any, Any]


class Visit(NamedTuple):
    """The frame of one page: its language, its path after the language, the parameters of the question, the log, the
    tree size that it is as of, the organisation that asks, if any, and whether the session of a browser says who
    asks."""

    language: Language
    path: str
    query: tuple[tuple[str, str], ...] = ()
    origin: str = ""
    size: int | None = None
    organization: str | None = None
    searched: str = ""
    session: bool = False

    def with_parameters(self, **changes: str | None) -> str:
        """The address of this page with other parameters; None removes one."""
        kept = [(name, value) for name, value in self.query if name not in changes]
        return address(self.language, self.path, (*kept, *[(k, v) for k, v in changes.items() if v is not None]))

    def without_lot(self, lot: str) -> str:
        """The address of this page without a lot among several."""
        return address(self.language, self.path, tuple([one for one in self.query if one != ("lot", lot)]))

    def in_language(self, language: Language) -> str:
        """The address of this page in another language."""
        return address(language, self.path, self.query)

    def to(self, path: str, **parameters: str) -> str:
        """The address of another page in this language."""
        return address(self.language, path, tuple(parameters.items()))


def address(language: Language, path: str, query: tuple[tuple[str, str], ...] = ()) -> str:
    """The address of a page."""
    return f"/{language}/{path}" + (f"?{urlencode(query)}" if query else "")


def visit_of(request: AnyRequest, ledger: Ledger, size: int | None = None, organization: str | None = None) -> Visit:
    """The frame of the page that a request names."""
    _, language, path = (*request.url.path.split("/", 2), "", "")[:3]
    return Visit(
        language="zh" if language == "zh" else "en", path=path, query=_known(request),
        origin=ledger.identity.origin, size=size, organization=organization,
        session=_in_session(request),
    )


async def public_visit(request: AnyRequest, ledger: Ledger) -> Visit:
    """The frame of a page for everybody, as of now. It still says who asks."""
    size = (await pinned(ledger.pool, await as_of_size(ledger.pool, None))).size
    return visit_of(request, ledger, size, caller_of(request).organization)


def _in_session(request: AnyRequest) -> bool:
    return bool(request.scope.get("state", {}).get(IN_SESSION))


def _known(request: AnyRequest) -> tuple[tuple[str, str], ...]:
    """The parameters that a page knows, each value once: its links repeat them."""
    return tuple(dict.fromkeys([(name, value) for name, value in request.query_params.multi_items()
                                if name in _PARAMETERS]))


def page(template: str, visit: Visit, status: int = 200, **values: object) -> Response[str]:
    """A page from its template."""
    words = PageWords(visit.language)
    text = templates().get_template(template).render(
        _=words, visit=visit, language=visit.language, tag=TAGS[visit.language], languages=LANGUAGES,
        style=f"/style/{style_digest()}.css", **values,
    )
    return Response(text, status_code=status, media_type=HTML, headers={
        **HEADERS, **({"Cache-Control": "no-store"} if visit.session else {})})


def paths(path: str) -> list[str]:
    """The paths of a page in each language."""
    return [f"/{language}/{path}" for language in LANGUAGES]


@cache
def style() -> bytes:
    """The stylesheet: first the rules of drawings, then the rules of pages."""
    return STYLESHEET.encode() + static("style.css")


@cache
def icon() -> bytes:
    """The icon of the pages."""
    return static("icon.svg")


def static(name: str) -> bytes:
    """The content of a file in `static`."""
    return files("ledger.pages").joinpath("static", name).read_bytes()


@cache
def style_digest() -> str:
    """The digest in the name of the stylesheet, so that caches may keep it for ever."""
    return name_digest(style())


def name_digest(content: bytes) -> str:
    """The digest in the name of a file."""
    return sha256(content).hexdigest()[:16]


@cache
def templates() -> Environment:
    """The templates, with the filters of numbers and the drawings."""
    environment = Environment(
        loader=PackageLoader("ledger.pages", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=without_marks,
    )
    environment.filters.update(FILTERS)
    environment.globals.update(patterns=DEFINITIONS, swatch=swatch, share_bar=share_bar)
    return environment


def refused(request: AnyRequest, error: LedgerError) -> Response[str]:
    """The page for an error of the ledger."""
    retry_after = error.retry_after if isinstance(error, Exhausted | Unavailable) else None
    return _problem(request, problem_of(error), retry_after)


def http_refused(request: AnyRequest, error: HTTPException) -> Response[str]:
    """The page for an error of the framework, such as a parameter that does not parse."""
    problem = http_error(request, error)
    return _page_of(request, Problem(
        type="about:blank", title="", status=problem.status_code or 400, detail=error.detail, code=""))


def failed(request: AnyRequest, error: Exception) -> Response[str]:
    """The page for a defect of this program; the log of the server has the cause."""
    unexpected_error(request, error)
    return _page_of(request, Problem(type="about:blank", title="", status=500, detail="", code="internal"))


def _problem(request: AnyRequest, problem: Problem, retry_after: float | None) -> Response[str]:
    response = _page_of(request, problem)
    response.headers.update(problem_headers(problem, retry_after))
    return response


def _page_of(request: AnyRequest, problem: Problem) -> Response[str]:
    _, language, path = (*request.url.path.split("/", 2), "", "")[:3]
    visit = Visit("zh" if language == "zh" else "en", path, _known(request), session=_in_session(request))
    return page("problem.html", visit, problem.status, problem=problem)


HANDLERS: Final[ExceptionHandlersMap] = {LedgerError: refused, HTTPException: http_refused, Exception: failed}
"""The handlers of errors of the controllers of pages."""
