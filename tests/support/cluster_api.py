"""The part of a Kubernetes API server that the chart's jobs use: creating Secrets, over TLS, with a token."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from support.self_signed import certified

TOKEN = "a-token"


class ClusterApi:
    """`secrets` by name, as they were posted. `variables` and `authority` are what a pod gets to know of it."""

    def __init__(self, namespace: str, port: int, authority: str) -> None:
        self.namespace = namespace
        self.authority = authority
        self.variables = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(port)}
        self.secrets: dict[str, dict[str, Any]] = {}

    def create(self, path: str, authorization: str, body: bytes) -> tuple[int, str]:
        """Status and reason."""
        if authorization != f"Bearer {TOKEN}":
            return 401, "Unauthorized"
        if path != f"/api/v1/namespaces/{self.namespace}/secrets":
            return 403, "Forbidden"
        secret = json.loads(body)
        if secret["metadata"]["name"] in self.secrets:
            return 409, "AlreadyExists"
        self.secrets[secret["metadata"]["name"]] = secret
        return 201, "Created"


@contextmanager
def cluster_api(namespace: str, folder: Path) -> Iterator[ClusterApi]:
    """Runs until the end of the block. `folder` gets its key and certificate."""
    key, certificate = certified()
    (folder / "server.pem").write_text(key + certificate, encoding="utf-8")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, reason = api.create(self.path, self.headers.get("Authorization", ""), body)
            answer = json.dumps({"kind": "Status", "code": status, "reason": reason}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    api = ClusterApi(namespace, server.server_port, certificate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()
