"""An S3-compatible store on loopback, as the usual environment names it. Conditional puts are atomic there: one request
at a time is served."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import obstore
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from obstore.store import S3Store
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "ledgers"


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: object, **__: object) -> None:
        """Nothing on stderr."""


class ObjectStore:
    """`url` is its endpoint, `environment` what clients of it need."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.environment = {
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
        }
        self._bucket = S3Store(
            BUCKET, endpoint=url, access_key_id="test", secret_access_key="test", region="us-east-1",
            client_options={"allow_http": True},
        )

    def location(self, key: str) -> str:
        return f"s3://{BUCKET}/{key}"

    def read(self, key: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._bucket, key).bytes())
        except FileNotFoundError:
            return None

    def write(self, key: str, data: bytes | None) -> None:
        """What somebody does who heeds no condition: puts this in the object's place, or takes it away."""
        if data is None:
            obstore.delete(self._bucket, key)
        else:
            obstore.put(self._bucket, key, data)


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """Runs until the end of the block."""
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    store = ObjectStore(f"http://127.0.0.1:{server.server_port}")
    try:
        # What an earlier store of this process held is there still.
        httpx.post(f"{store.url}/moto-api/reset").raise_for_status()
        httpx.put(f"{store.url}/{BUCKET}").raise_for_status()
        yield store
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()
