"""The front door: the learner's names, each loaded when somebody wants it."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from room import ROOT

import workshop
from workshop.core import cell_paths


def python(code: str, limit: float = 60) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", code]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=limit)


def test_the_door_alone_loads_nothing_heavy() -> None:
    done = python("import sys, workshop; print(*sys.modules)")
    loaded = set(done.stdout.split())
    assert done.returncode == 0, done.stderr
    assert not loaded & {"asyncio", "temporalio", "litellm", "httpx", "pydantic", "psutil"}


def test_every_name_is_there_and_is_listed() -> None:
    for name in workshop.__all__:
        assert callable(getattr(workshop, name)), name
    assert [n for n in dir(workshop) if not n.startswith("__")] == workshop.__all__
    done = python("from workshop import *; print(begin.__name__, watch.__name__, follow.__name__)")
    assert done.stdout == "begin watch follow\n"


def test_type_checkers_see_the_same_names_in_the_same_places() -> None:
    tree = ast.parse(Path(workshop.__file__).read_text())
    seen: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workshop."):
            seen.setdefault(str(node.module), set()).update(a.asname or "" for a in node.names)
    assert {m: set(n.split()) for m, n in workshop._MODULES.items()} == {
        module: names for module, names in seen.items() if names != {""}
    }


def test_a_mistyped_name_says_what_was_meant() -> None:
    with pytest.raises(AttributeError, match=r"workshop has no 'chek'\. Did you mean check\?"):
        workshop.chek  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"dir\(workshop\) lists what it has"):
        workshop.qqqq  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(workshop, "chek")


@pytest.mark.parametrize("first", ["short", "long"])
@pytest.mark.parametrize("path", sorted(workshop.CELL_PATHS))
def test_a_path_of_a_cell_is_the_module_itself(path: str, first: str) -> None:
    long = workshop.CELL_PATHS[path]
    order = [path, long] if first == "short" else [long, path]
    done = python(
        f"import sys, {', '.join(order)}\n"
        f"one, other = sys.modules[{path!r}], sys.modules[{long!r}]\n"
        f"from workshop import {path.partition('.')[2]} as third\n"
        "print(one is other is third, one.__name__, one.__spec__.name)"
    )
    assert done.stdout == f"True {long} {long}\n", done.stderr


def test_a_module_below_a_path_of_a_cell_is_there_once() -> None:
    done = python(
        "from workshop.practice_model import faults\n"
        "from workshop.practice_model.faults import slow\n"
        "from workshop.practice.model import faults as same\n"
        "print(faults is same, slow is same.slow)"
    )
    assert done.stdout == "True True\n", done.stderr


def test_a_door_that_is_loaded_again_finds_modules_once() -> None:
    before = list(sys.meta_path)
    importlib.reload(cell_paths).open_all(workshop.CELL_PATHS)
    assert sys.meta_path == before


def test_no_path_of_a_cell_leads_to_nothing() -> None:
    done = python("import workshop.report.nothing")
    assert "No module named 'workshop.toolbox.report.nothing'" in done.stderr
