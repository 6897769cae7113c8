"""Which notebook this kernel belongs to: its file, its shell, its names, its Worker."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from temporalio.worker import Worker


def _nobody() -> None:
    return None


running_worker: Callable[[], Worker | None] = _nobody
"""The Worker of this kernel; None where none runs. Who starts Workers puts the function here, so
that who only looks at one need not know how it is started."""


def path() -> Path | None:
    """The notebook file of this kernel, as Jupyter Server or VS Code names it, or None.

    It is the learner's: read it to know what was run, never to know what was given.
    """
    named = os.environ.get("JPY_SESSION_NAME") or namespace().get("__vsc_ipynb_file__")
    file = Path(str(named)) if named else None
    if file is None or file.suffix != ".ipynb":
        return None
    return file if file.exists() else Path(file.name)


def namespace() -> dict[str, Any]:
    """The names of the kernel; empty outside of one."""
    running = shell()
    return running.user_ns if running is not None else {}


def shell() -> Any:
    """IPython's shell of this kernel, or None.

    https://ipython.readthedocs.io/en/stable/api/generated/IPython.core.interactiveshell.html
    """
    from IPython.core.getipython import get_ipython

    return get_ipython()
