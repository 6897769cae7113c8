"""A library that takes seconds to load is loaded beside the cells."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType


def load(name: str) -> threading.Thread | None:
    """Import a module in a thread; an `import` of it meanwhile waits until it is there.

    Where the program ends meanwhile, so does the import, at the next module that it asks for. The
    thread is no daemon: Python would stop that one in the middle of a library's native code.

    Returns:
        The thread; None where the module is there, or on its way.

    https://docs.python.org/3/library/threading.html#thread-objects
    """
    if name in sys.modules:
        return None
    thread = threading.Thread(target=_import, args=(name,), name=f"import {name}")
    thread.start()
    return thread


def _import(name: str) -> None:
    end = _EndsWithTheProgram()
    sys.meta_path.insert(0, end)
    try:
        importlib.import_module(name)
    except (Exception, SystemExit):
        pass  # the cell that needs it says why
    finally:
        sys.meta_path.remove(end)


class _EndsWithTheProgram:
    """Finds no module, and ends the import of its thread when the main thread has ended."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if threading.get_ident() == self._thread and not threading.main_thread().is_alive():
            raise SystemExit
        return None
