"""Interrupts: what a person reads who stops a cell, in place of a page of CancelledError.

A kernel cancels the task of a cell that awaits, and raises KeyboardInterrupt in any other. Both
pass through the function that the cell has called, which ends what it began and catches nothing;
here it only says what goes on without it.
"""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import signal
import socket
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from types import CodeType
from typing import Any, TypeVar

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
ResultT = TypeVar("ResultT")

AGAIN = "Nothing is broken; run this cell again when you like."

_said: dict[CodeType, str] = {}


def interrupted_says(words: str) -> Callable[[FunctionT], FunctionT]:
    """A decorator: what to say, in a sentence or two, where a cell is interrupted in it."""

    def noted(function: FunctionT) -> FunctionT:
        _said[function.__code__] = words
        return function

    return noted


def interrupted(error: BaseException) -> list[str] | None:
    """The lines to show when `error` ends a cell; None where nobody has interrupted it.

    The outermost function that says something is the one that the cell has called.
    """
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        # A cell may also await a task that it has cancelled. Python 3.10 does not tell which.
        if task is None or not getattr(task, "cancelling", lambda: 1)():
            return None
    elif not isinstance(error, KeyboardInterrupt):
        return None
    frames = (frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__))
    words = next((_said[code] for code in frames if code in _said), AGAIN)
    return ["✗ Interrupted.", words]


def wake_on_signals() -> None:
    """Let a signal wake this kernel's event loop, which it must to cancel a cell.

    The kernel's own handler only asks the loop to cancel it, when the loop next wakes: where a cell
    waits for one thing alone, that is when the thing has come.
    https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # no cell, and nothing to cancel
        return
    if threading.current_thread() is not threading.main_thread():
        return
    if loop not in _woken:
        _woken[loop] = reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        loop.add_reader(reader, reader.recv, 4096)
    signal.set_wakeup_fd(_woken[loop][1].fileno(), warn_on_full_buffer=False)


_woken: dict[asyncio.AbstractEventLoop, tuple[socket.socket, socket.socket]] = {}


async def in_a_thread(function: Callable[..., ResultT], *given: Any) -> ResultT:
    """As `asyncio.to_thread`, and where it is cancelled the thread ends too.

    It raises KeyboardInterrupt in the thread, at its next line of Python, and does not wait.
    https://docs.python.org/3/c-api/init.html#c.PyThreadState_SetAsyncExc
    """
    answer: Future[ResultT] = Future()

    def work() -> None:
        try:
            result = function(*given)
        except KeyboardInterrupt:
            return
        except BaseException as error:
            settle = partial(answer.set_exception, error)
        else:
            settle = partial(answer.set_result, result)
        if answer.set_running_or_notify_cancel():
            settle()

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True)
    thread.start()
    try:
        return await asyncio.wrap_future(answer)
    except asyncio.CancelledError:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(KeyboardInterrupt)
        )
        raise
