"""Finished notebooks run apart from everything, and what is stored tells nothing of the machine."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from authoring import build, execute
from authoring.room import PORTS
from conftest import LESSON, House

FINISHED = f"Solutions_{LESSON}/{LESSON}_Solution.ipynb"
SENTINEL = "sentinel-of-the-outside"
NOTHING = (sys.executable, "-c", "pass")

LESSON_TEXT = """\
# %% exercise="place"
import os
from pathlib import Path

async def check(name):
    assert os.environ["WORKSHOP_STRICT"] == "1"


# PROMPT: print(...)
print(Path.cwd(), os.environ["WORKSHOP_HOME"], os.environ["WORKSHOP_ENV_FILE"])
Path("left_behind.pdf").write_text("x")
print(Path("../Solutions_02_Small_Lesson/place_solution.py").is_file())

# %%
for name in sorted(n for n in os.environ if n.startswith("WORKSHOP_") and n.endswith("_PORT")):
    print(name, "localhost:" + os.environ[name])
print(sorted(n for n in os.environ if n.startswith(("LLM_", "TEMPORAL_")) or "API_KEY" in n))

# %%
from IPython.display import HTML, display

shown = display(HTML("<b>first</b>"), display_id="shown")
display(HTML("<b>between</b>"))

# %%
shown.update(HTML(f"<b>last {os.environ['WORKSHOP_UI_PORT']}</b>"))

# %% tags=["raises-exception"]
raise FileNotFoundError(os.environ["WORKSHOP_HOME"])
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, dict[str, Any], str]]:
    """A lesson that was built and executed once; the environment that `down` got, what was said."""
    folder = tmp_path_factory.mktemp("ran")
    (folder / "root").mkdir()
    house = House(folder / "root")
    house.write(LESSON_TEXT)
    assert house.build() == 0
    seen = folder / "down.json"
    script = "import json, os, sys; open(sys.argv[1], 'w').write(json.dumps(dict(os.environ)))"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LLM_API_KEY", "LLM_MODEL", "TEMPORAL_ADDRESS", "OPENAI_API_KEY"):
            patch.setenv(name, SENTINEL)
        patch.setenv("WORKSHOP_HOME", str(folder / "learner"))
        down = (sys.executable, "-c", script, str(seen))
        assert execute.main([], house.root, down=down) == 0
    yield house, json.loads(seen.read_text()), (house.root / FINISHED).read_text(encoding="utf-8")


def _cells(house: House) -> list[dict[str, Any]]:
    """The cells of the source; the one that checks the blank is not among them."""
    return [c for c in house.notebook(FINISHED)["cells"] if not c["id"].startswith("check-")]


def _output(house: House, cell: int) -> str:
    """What a cell of the source printed."""
    outputs = _cells(house)[cell]["outputs"]
    return "".join("".join(output.get("text", [])) for output in outputs)


def test_outputs_are_stored_and_the_notebook_is_current(
    ran: tuple[House, dict[str, Any], str], capsys: pytest.CaptureFixture[str]
) -> None:
    house, _, _ = ran
    counts = [cell["execution_count"] for cell in house.notebook(FINISHED)["cells"]]
    assert counts == [1, 2, 3, 4, 5, 6]
    assert house.build("--check") == 0
    assert execute.main([], house.root, down=NOTHING) == 0
    assert "1 finished notebooks, 0 run" in capsys.readouterr().out


def test_it_runs_in_a_copy_of_the_tree(ran: tuple[House, dict[str, Any], str]) -> None:
    house, _, _ = ran
    place = f"…/Solutions_{LESSON}"
    assert _output(house, 0) == f"{place} …/.workshop …/.workshop/env\nTrue\n"
    assert not list(house.root.rglob("*.pdf"))
    assert not (house.root.parent / "learner").exists()


def test_ports_are_told_as_a_learner_has_them(ran: tuple[House, dict[str, Any], str]) -> None:
    house, environment, _ = ran
    for name, default in PORTS.items():
        assert int(environment[name]) != default
        assert f"{name} localhost:{default}\n" in _output(house, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="the range is read from /proc")
def test_no_outgoing_connection_can_take_its_ports(ran: tuple[House, dict[str, Any], str]) -> None:
    """A server that is killed and started again finds its port free."""
    _, environment, _ = ran
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(1024 < int(environment[name]) < first for name in PORTS)


def test_nothing_of_the_machine_or_the_outside_is_stored(
    ran: tuple[House, dict[str, Any], str],
) -> None:
    house, environment, stored = ran
    assert SENTINEL not in stored and SENTINEL not in environment.values()
    # The room has a file of profiles of its own, an empty one.
    assert _output(house, 1).endswith("\n['TEMPORAL_CONFIG_FILE']\n")
    assert environment["TEMPORAL_CONFIG_FILE"] == os.devnull
    for private in (
        *(environment[name] for name in PORTS),
        str(Path(environment["WORKSHOP_HOME"]).parent),
        str(house.root),
        sys.prefix,
        "ipykernel_",
    ):
        assert private not in stored
    for cell in house.notebook(FINISHED)["cells"]:
        assert "execution" not in cell["metadata"]


def test_a_display_is_stored_in_its_final_form(ran: tuple[House, dict[str, Any], str]) -> None:
    house, _, stored = ran
    outputs = _cells(house)[2]["outputs"]
    assert ["".join(output["data"]["text/html"]) for output in outputs] == [
        "<b>last 8233</b>",
        "<b>between</b>",
    ]
    assert "first" not in json.dumps(outputs) and "transient" not in stored


def test_down_gets_the_environment_of_the_notebook(ran: tuple[House, dict[str, Any], str]) -> None:
    _, environment, _ = ran
    assert {"WORKSHOP_HOME", "WORKSHOP_ENV_FILE", *PORTS} <= environment.keys()
    # The folder of the run is gone after it.
    assert not Path(environment["WORKSHOP_HOME"]).exists()


def test_a_failing_cell_is_told_and_nothing_is_stored(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.write("# %% [markdown]\n# # T\n\n# %%\nx = 1\n\n# %%\n# a comment\nx / 0\n")
    house.build()
    before = (house.root / FINISHED).read_bytes()
    failing_down = (sys.executable, "-c", "raise SystemExit('cannot end it')")
    capsys.readouterr()
    assert execute.main([], house.root, down=failing_down) == 1
    said = capsys.readouterr().out
    assert f"{FINISHED}, cell 3, `# a comment`" in said
    assert "ZeroDivisionError: division by zero" in said and "\x1b" not in said
    assert "cannot end it" in said, "that down failed is told beside it"
    assert "1 run, 1 failed" in said
    assert (house.root / FINISHED).read_bytes() == before


def test_a_cell_without_end_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(execute, "CELL_TIMEOUT", 1)
    house.write("# %%\nwhile True:\n    pass\n")
    house.build()
    assert execute.main([], house.root, down=NOTHING) == 1
    said = capsys.readouterr().out
    assert "cell 1, `while True:`" in said and "It still ran after 1 seconds" in said


def test_a_kernel_that_ends_is_told(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    house.write("# %%\nimport os, sys\n\nos.write(2, b'last words')\nos._exit(3)\n")
    house.build()
    assert execute.main([], house.root, down=NOTHING) == 1
    said, beside = capfd.readouterr()
    assert "cell 1, `import os, sys`" in said and "The kernel ended" in said
    assert "last words" in said and beside == ""


def test_a_down_that_fails_is_told(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.write("# %%\nx = 1\n")
    house.build()
    down = (sys.executable, "-c", "raise SystemExit('cannot end it')")
    assert execute.main([], house.root, down=down) == 1
    assert "cannot end it" in capsys.readouterr().out


def test_names_and_all_choose(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = []

    def fake(notebook: Any, path: str, *_: Any) -> Any:
        paths.append(path.split("/")[-1][:2])
        for count, cell in enumerate(notebook.cells, 1):
            cell.execution_count = count
        return notebook

    monkeypatch.setattr(execute, "execute", fake)
    for lesson in ("01_One", "02_Two", "03_Three"):
        house.write("# %%\nx = 1\n", lesson=lesson)
    house.build()
    for arguments, chosen in (
        (["02"], ["02"]),
        ([], ["01", "03"]),
        ([], []),
        (["03_Three", "01"], ["01", "03"]),
        (["--all"], ["01", "02", "03"]),
    ):
        paths.clear()
        assert execute.main(arguments, house.root) == 0
        assert paths == chosen
    assert execute.main(["9"], house.root) == 1
    assert (
        "No lesson starts with 9. There are: 01_One, 02_Two, 03_Three." in capsys.readouterr().out
    )


def test_refused_sources_are_not_run(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.write("# %%\nx = (\n")
    assert execute.main([], house.root) == 1
    assert "nothing was run" in capsys.readouterr().out


@pytest.mark.parametrize("module", [build, execute])
def test_both_commands_explain_themselves(module: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    assert ended.value.code == 0
    assert f"usage: python -m {module.__name__}" in capsys.readouterr().out
