"""A database that stops answering: a relay in front of PostgreSQL that passes a number of messages, then nothing more,
and keeps every connection open."""

import asyncio
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit


class Stalled:
    """`passing`: as many pieces of all clients are passed on. `url`: where it listens, on a Unix socket of its own."""

    def __init__(self, url: str, passing: int) -> None:
        query = parse_qs(urlsplit(url).query)
        (folder,), (port,) = query["host"], query["port"]
        self._left = passing
        self._own = tempfile.TemporaryDirectory(prefix="stalled-")
        self._socket = f".s.PGSQL.{port}"
        self._database = Path(folder) / self._socket
        self.url = url.replace(quote(folder), quote(self._own.name)).replace(folder, self._own.name)
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "Stalled":
        self._server = await asyncio.start_unix_server(self._relay, str(Path(self._own.name) / self._socket))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        self._own.cleanup()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_unix_connection(str(self._database))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(answers, writer))
                while piece := await reader.read(1 << 16):
                    self._left -= 1
                    if self._left >= 0:
                        questions.write(piece)
                raise ConnectionResetError
        except* OSError:
            pass
        finally:
            questions.close()
            writer.close()

    async def _pass(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await answers.read(1 << 16):
            if self._left >= 0:
                writer.write(piece)
