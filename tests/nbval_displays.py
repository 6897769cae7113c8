"""A pytest plugin: nbval compares displays as notebooks store them, in their last form.

A notebook stores a display that was updated in place (`display(…, display_id=True)` and its
`update`) as it looked in the end. nbval 0.11 passes over the updates and would compare the first
form instead. `conftest.py` loads this plugin; elsewhere it is `-p tests.nbval_displays`.

https://jupyter-client.readthedocs.io/en/stable/messaging.html#update-display-data
"""

from __future__ import annotations

from collections import deque
from typing import Any

from nbval.plugin import IPyNbFile  # type: ignore[import-untyped]

_read = IPyNbFile.get_kernel_message


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


def _get_kernel_message(
    file: Any, timeout: float | None = None, stream: str = "iopub"
) -> dict[str, Any]:
    """As nbval's own, but an execution's messages are read to their end before the first is given.

    Raises:
        queue.Empty: nothing came for `timeout` seconds.
    """
    if stream != "iopub":
        return dict(_read(file, timeout, stream))
    waiting: deque[dict[str, Any]] = vars(file).setdefault("_final_forms", deque())
    if not waiting:
        messages = []
        idle = False
        while not idle:
            message = _read(file, timeout, stream)
            messages.append(message)
            idle = message["content"].get("execution_state") == "idle"
        waiting.extend(_final_forms(messages))
        # Where a cell has failed, nbval waits for the last of them, which has been read.
        file.kernel.await_idle = lambda msg_id, timeout: None
    return waiting.popleft()


IPyNbFile.get_kernel_message = _get_kernel_message
