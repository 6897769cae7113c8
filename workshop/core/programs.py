"""Programs: a `main` that runs to its end, what it says where it cannot, and an end that comes.

Python waits in its end for the threads of Temporal's SDK. Where a call was given up just before,
after Ctrl+C or a time limit, such a thread waits for Python to hand over an answer that nobody
awaits. Of 15 plain starters stopped with Ctrl+C 9 never ended (SDK 1.35.0, Python 3.11), and now
and then one aborts. So a program of ours does not wait for them: `leave_after`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import traceback
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, NoReturn

from workshop.core.errors import WorkshopError


def run(main: Coroutine[Any, Any, None], parting: str) -> NoReturn:
    """Run a program that talks to a Temporal Service, and end the process.

    Args:
        parting: what Ctrl+C has not ended, in a sentence.
    """
    quiet_core()

    def to_the_end() -> int:
        try:
            asyncio.run(main)
        except WorkshopError as error:
            print("✗ " + "\n  ".join(error.lines()), file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print(f"\n{parting}")
        return 0

    leave_after(to_the_end)


def leave_after(main: Callable[[], int]) -> NoReturn:
    """End this process with the exit code of `main`, and with all that was printed and logged."""
    try:
        code = main()
    except Exception:
        traceback.print_exc()
        code = 1
    logging.shutdown()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # nobody reads on
        pass
    os._exit(code)


def given(question: str, default: str = "") -> str:
    """What stands on the command line, or what a person types before anything runs."""
    try:
        return " ".join(sys.argv[1:]) or input(f"{question} ").strip() or default
    except EOFError:  # nobody sits at the keyboard
        print()
        return default
    except KeyboardInterrupt:
        sys.exit("\nNothing was started or decided.")


@cache
def quiet_core() -> None:
    """Keep the SDK's core from writing to the terminal; its errors arrive as exceptions."""
    from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

    core = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
    runtime = Runtime(telemetry=TelemetryConfig(logging=core))
    # Once a process: each Runtime has a thread pool of its own.
    Runtime.set_default(runtime, error_if_already_set=False)
