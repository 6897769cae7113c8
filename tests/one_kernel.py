"""One real kernel for a test: cells run in it, are interrupted in the middle, and ask."""

from __future__ import annotations

import queue as queues
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_client.manager import KernelManager

from workshop.core.patience import Patience


@dataclass
class Ran:
    """What one cell did."""

    text: list[str] = field(default_factory=list)
    error: list[str] | None = None
    took: float = 0.0
    """Seconds of a quiet machine from the interrupt to the end."""


class Kernel:
    """A real kernel. A cell is interrupted when something is read under it."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.log = (folder / "kernel.log").open("wb")
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(env=env, cwd=str(folder), stdout=self.log, stderr=self.log)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, cell: str, stop_at: str = "", reply: str | None = None) -> Ran:
        """Run a cell; interrupt it once `stop_at` is read, or answer what it asks."""
        sent, ran, stopped = (
            self.client.execute(cell, allow_stdin=True, stop_on_error=False),
            Ran(),
            0.0,
        )
        counting = Patience(120)
        while not counting.over():
            try:
                ran.text.append(self.client.get_stdin_msg(timeout=0)["content"]["prompt"])
                if reply is not None:
                    self.client.input(reply)
            except queues.Empty:
                pass
            if stop_at and not stopped and stop_at in "\n".join(ran.text):
                self.manager.interrupt_kernel()
                stopped = time.monotonic()
            try:
                message = self.client.get_iopub_msg(timeout=0.05)
            except queues.Empty:
                continue
            if message["parent_header"].get("msg_id") != sent:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                ran.text.append(content["text"])
            elif message["msg_type"] == "error":
                ran.error = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(content["traceback"])).split(
                    "\n"
                )
            elif "data" in content:
                ran.text.append(content["data"].get("text/plain", ""))
            elif content.get("execution_state") == "idle":
                ran.took = (time.monotonic() - stopped) / counting.stretch
                return ran
        raise AssertionError(f"this cell goes on: {cell}\n{ran.text}")

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.log.close()
