"""Short paths to modules that learners' cells import: `workshop.report`, wherever it is."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def open_all(paths: Mapping[str, str]) -> None:
    """Let the short paths (keys) be imported, and what is below them. Harmless when repeated."""
    # A Workflow's sandbox may load this module anew: its class is another one then.
    if all(getattr(finder, "cell_paths", None) != paths for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(paths))


class _Finder(MetaPathFinder, Loader):
    """Finds the one module that is meant, so that nothing of it is there twice.

    https://docs.python.org/3/library/importlib.html#importlib.abc.MetaPathFinder
    """

    def __init__(self, paths: Mapping[str, str]) -> None:
        self.cell_paths = paths

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        for short, long in self.cell_paths.items():
            if name == short or name.startswith(f"{short}."):
                return ModuleSpec(name, self, origin=long + name[len(short) :])
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(str(spec.origin))
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: Any) -> None:
        # The import system has put the short path's there.
        module.__spec__ = module.__spec__.loader_state
