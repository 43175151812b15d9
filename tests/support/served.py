"""A small HTTP server in a thread, for tests that decide what it answers."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def served(handler: Callable[..., BaseHTTPRequestHandler] | type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server on loopback whose requests `handler` answers."""
    made: Any = handler
    with ThreadingHTTPServer(("127.0.0.1", 0), made) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
