"""Work that goes on in a task of its own as long as its owner is open."""

import asyncio
from abc import ABC, abstractmethod
from types import TracebackType
from typing import ClassVar, Self


class Background(ABC):
    """While this is open, `_run` goes on; it is cancelled at the end. `name` is the task's, for logs."""

    name: ClassVar[str]
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name=self.name)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @abstractmethod
    async def _run(self) -> None:
        """The work."""
