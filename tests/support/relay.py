"""A relay in front of a ledger's server, which changes or loses the answers to posts, but not to checks."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import msgspec

from ledger.answers.problems import problem_of
from ledger.client.posting import CHECK_PATH
from ledger.errors import OutcomeUnknown

Edit = Callable[[bytes], bytes | None]
"""Takes the lines of an answer, gives others; or None, and the connection ends without an answer."""


def lost(_: bytes) -> None:
    """The server did as asked, and nobody learns it."""


def unknown(answer: bytes) -> bytes:
    """The server does not know the outcome."""
    problem = msgspec.json.encode(problem_of(OutcomeUnknown("the connection was lost during COMMIT")))
    return (problem + b"\n") * len(answer.splitlines())


def exchanged(answer: bytes) -> bytes:
    """Each answer is that of another record."""
    return b"".join([line + b"\n" for line in reversed(answer.splitlines())])


class Relay:
    """Passes everything on to the server at `server`; `edit` the answers to posts. It listens at `url`."""

    def __init__(self, server: str, edit: Edit) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(httpx.get(server + self.path, timeout=120), lambda content: content)

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                kind = {"Content-Type": self.headers["Content-Type"]}
                self._answer(httpx.post(server + self.path, content=content, headers=kind, timeout=120),
                             (lambda content: content) if self.path.startswith(CHECK_PATH) else edit)

            def _answer(self, answer: httpx.Response, edit: Edit) -> None:
                content = edit(answer.content)
                if content is None:
                    return
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers["Content-Type"])
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> "Relay":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
