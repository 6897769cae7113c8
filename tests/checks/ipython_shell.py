"""IPython's shell in this process: runs cells as a kernel does."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from IPython.core.interactiveshell import InteractiveShell


class Shell:
    """Runs cells, with the id that a front end tells or without one."""

    def __init__(self) -> None:
        self.shell: Any = InteractiveShell.instance()
        self.empty = dict(self.shell.user_ns)

    @property
    def names(self) -> dict[str, Any]:
        found: dict[str, Any] = self.shell.user_ns
        return found

    def run(self, text: str, cell_id: str | None = None) -> Any:
        async def ran() -> Any:
            wrong, transformed = None, text
            try:
                transformed = self.shell.transform_cell(text)
            except SyntaxError:
                wrong = sys.exc_info()
            result = await self.shell.run_cell_async(
                text,
                store_history=True,
                transformed_cell=transformed,
                preprocessing_exc_tuple=wrong,
                cell_id=cell_id,
            )
            self.shell.events.trigger("post_run_cell", result)
            return result

        return asyncio.run(ran())
