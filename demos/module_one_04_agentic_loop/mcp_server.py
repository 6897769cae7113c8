"""An MCP server, spoken to on its standard input and output. It offers three of the tools.

The Worker starts it, once for each question, and any other MCP client may. It can be told to fail
(MCP_FAULT), as real ones do: https://modelcontextprotocol.io/specification/2025-11-25/server/tools
"""

import asyncio
import functools
import inspect
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from tools import calculate, fetch_page, search_notes

from workshop.demos import load

# "die", "hang", "slow" or "changed"; each once, because then this file is there.
FAULT = os.environ.get("MCP_FAULT", "")
ONCE = Path(os.environ.get("MCP_FAULT_FILE") or load().folder / "mcp-fault-has-been")
SLOW_SECONDS = float(os.environ.get("MCP_SLOW_SECONDS", "5"))


def for_the_first_time() -> bool:
    """Whether nobody has been here before, in no process."""
    try:
        ONCE.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def told(tool: Callable[..., Any]) -> Callable[..., Any]:
    """The tool with its fault, and with errors that say why.

    Of an unknown error the SDK tells the client nothing but that there was one: its text may
    not be meant for others.
    """

    @functools.wraps(tool)
    async def run(**values: Any) -> str:
        if FAULT == "die" and for_the_first_time():
            os._exit(1)  # as if it had been killed: no word to the one who waits
        if FAULT == "hang" and for_the_first_time():
            await asyncio.sleep(3600)
        try:
            if inspect.iscoroutinefunction(tool):
                return str(await tool(**values))
            return str(tool(**values))
        except Exception as error:
            raise ToolError(str(error)) from error

    return run


def main() -> None:
    if FAULT == "slow" and for_the_first_time():
        time.sleep(SLOW_SECONDS)
    changed = FAULT == "changed" and not for_the_first_time()  # the first one knows the old list
    server = MCPServer("workshop")
    server.add_tool(told(search_notes), name="find_in_notes" if changed else "search_notes")
    server.add_tool(told(calculate))
    server.add_tool(told(fetch_page))
    server.run()


if __name__ == "__main__":
    main()
