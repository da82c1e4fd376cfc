"""What ends with a block, however the block is left."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Closing:
    """An async context manager that opens by ``_open`` and ends by ``close``; an opening that
    fails is closed, too."""

    async def _open(self) -> None:
        """What it takes to begin; nothing, unless there is something."""

    async def close(self) -> None:
        """Leave nothing behind."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
