"""A pytest plugin: nbval compares displays in their last form, and has patience.

A notebook stores a display that was updated in place (`display(…, display_id=True)` and its
`update`) as it looked in the end. nbval 0.11 passes over the updates and would compare the first
form instead. Its seconds here are those of a quiet machine. `conftest.py` loads this plugin;
elsewhere it is `-p tests.nbval_displays`.

https://jupyter-client.readthedocs.io/en/stable/messaging.html#update-display-data
"""

from __future__ import annotations

from collections import deque
from queue import Empty
from typing import Any

from nbval.kernel import RunningKernel  # type: ignore[import-untyped]

from workshop.core.patience import LONGEST_STEP, Patience

_now = RunningKernel.get_message


def _read(kernel: Any, stream: str, timeout: float | None) -> dict[str, Any]:
    """The next message.

    Raises:
        queue.Empty: nothing came for `timeout` seconds of a quiet machine.
    """
    waiting = Patience(timeout or float("inf"))
    while True:
        try:
            return dict(_now(kernel, stream, LONGEST_STEP))
        except Empty:
            if waiting.over():
                raise


def _final_forms(messages: list[dict[str, Any]]) -> deque[dict[str, Any]]:
    """The messages without updates; what they say stands in the display that they update."""
    kept: deque[dict[str, Any]] = deque()
    displays: dict[str, dict[str, Any]] = {}
    for message in messages:
        content = message["content"]
        display = content.get("transient", {}).get("display_id")
        if message["msg_type"] != "update_display_data":
            kept.append(message)
            if display:
                displays[display] = content
        elif display in displays:
            displays[display] |= {"data": content["data"], "metadata": content["metadata"]}
    return kept


def _get_message(kernel: Any, stream: str, timeout: float | None = None) -> dict[str, Any]:
    """As nbval's own, but an execution's messages are read to their end before the first is given.

    All that nbval reads comes through here: after an error it reads on until the kernel is idle.

    Raises:
        queue.Empty: nothing came for `timeout` seconds of a quiet machine.
    """
    if stream != "iopub":
        return _read(kernel, stream, timeout)
    waiting: deque[dict[str, Any]] = vars(kernel).setdefault("_final_forms", deque())
    if not waiting:
        messages = []
        idle = False
        while not idle:
            message = _read(kernel, stream, timeout)
            messages.append(message)
            idle = message["content"].get("execution_state") == "idle"
        waiting.extend(_final_forms(messages))
    return waiting.popleft()


RunningKernel.get_message = _get_message
