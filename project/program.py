"""How a program that uses Temporal's SDK ends: in any case, and at once."""

import asyncio
import logging
import os
import signal
import sys
import traceback
from collections.abc import Coroutine
from typing import Any, NoReturn


def run(main: Coroutine[Any, Any, int | None]) -> NoReturn:
    """`asyncio.run(main)`, and then the end of this process. `main` may return an exit code.

    Python's own end waits for the threads of the SDK, and they may be about to hand over the answer
    of a call. With temporalio 1.35 a program then now and then hangs for ever, most often after
    Ctrl+C, or aborts with "PyGILState_Release". So nothing here waits for them.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C ends it as it ends a program in C
    code = 1
    try:
        code = asyncio.run(main) or 0
    except Exception:
        traceback.print_exc()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
