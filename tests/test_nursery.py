"""The process that forks for all others: who dies while asking it takes nobody along."""

from __future__ import annotations

import array
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import room as rooms


@pytest.mark.skipif(not os.environ.get(rooms.NURSERY), reason="nobody forks here")
@pytest.mark.parametrize("said", [b"", b"\0\0", b"\0\0\1\0{", b"\0\0\0\1{"])
def test_who_is_killed_while_asking_ends_nobody_else(said: bytes, room: dict[str, str]) -> None:
    address = os.environ[rooms.NURSERY]
    rooms.until(lambda: Path(address).exists(), "the process that forks", limit=60)
    asking = socket.socket(socket.AF_UNIX)
    asking.connect(address)
    if said:
        streams = socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2])
        asking.sendmsg([said], [streams])
    asking.close()
    line = [sys.executable, "-m", "workshop", "status"]
    done = subprocess.run(line, env=room, cwd=rooms.ROOT, capture_output=True, text=True)
    assert "not running" in done.stdout and not done.stderr
    again = socket.socket(socket.AF_UNIX)
    again.connect(address)  # it is there for the next one
    again.close()


ASKS = """
import asyncio, sys
import mcp

async def main():
    server = mcp.StdioServerParameters(command=sys.executable, args=["my_server.py"])
    async with mcp.Client(mcp.stdio_client(server)) as session:
        print((await session.call_tool("forked", {})).content[0].text)

asyncio.run(main())
"""
ANSWERS = """
import sys
from mcp.server import MCPServer

def forked() -> str:
    return "the slow imports are done: " + str("litellm" in sys.modules)

server = MCPServer("mine")
server.add_tool(forked)
server.run()
"""


@pytest.mark.skipif(not os.environ.get(rooms.NURSERY), reason="nobody forks here")
def test_a_server_of_tools_that_a_fork_starts_is_one_as_well(
    room: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "my_server.py").write_text(ANSWERS)
    (folder / "asks.py").write_text(ASKS.replace("my_server.py", str(folder / "my_server.py")))
    line = [sys.executable, str(folder / "asks.py")]
    done = subprocess.run(line, env=room, cwd=folder, capture_output=True, text=True)
    assert done.stdout == "the slow imports are done: True\n", done.stderr
