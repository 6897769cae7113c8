"""`python -m workshop export`: what the folder has, what it never has, and that the app runs."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import room as rooms
from dotenv import dotenv_values
from room import ROOT
from test_project import elsewhere

from workshop.checks import export as module
from workshop.checks import own_prompt
from workshop.checks.blanks import Sheet, sheets
from workshop.core.errors import WorkshopError
from workshop.watching.receipt import receipt_of_all

SENTINEL = "sk-sentinel-aabbccddeeff00112233445566778899"
LESSON = "02_Adding_Durability_with_Temporal"
GIVEN = "Give me 5 fascinating facts about tardigrades"


def setting(room: dict[str, str], *lines: str) -> None:
    Path(room["WORKSHOP_ENV_FILE"]).write_text("\n".join(lines) + "\n")


def texts(folder: Path) -> dict[str, str]:
    """Every file of a folder, by its path there."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_text(errors="replace") for file in files}


def git(folder: Path, *words: str) -> str:
    line = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words]
    return subprocess.run(line, cwd=folder, check=True, capture_output=True, text=True).stdout


# What the folder has


def test_it_has_the_projects_files_as_they_are_and_settings_of_its_own(
    room: dict[str, str], tmp_path: Path
) -> None:
    app = tmp_path / "deep" / "my-app"
    done = rooms.workshop("export", str(app), env=room)
    assert done.returncode == 0, done.stderr
    assert str(app) in done.stdout and "README.md" in done.stdout and GIVEN in done.stdout
    tracked = git(ROOT, "ls-files", "project").split()
    given = {name.removeprefix("project/"): (ROOT / name).read_text() for name in tracked}
    has = texts(app)
    assert has.keys() == given.keys() | {".env"}
    assert {name for name in given if has[name] != given[name]} == {"starter.py"}
    assert f'\nDEFAULT_PROMPT = "{GIVEN}"\n' in has["starter.py"]
    assert stat.S_IMODE((app / ".env").stat().st_mode) == 0o600


def test_git_takes_all_of_it_but_settings_and_what_running_it_makes(
    room: dict[str, str], tmp_path: Path
) -> None:
    app = module.export(tmp_path / "my-app").folder
    given = set(texts(app))
    for name in (
        "__pycache__/x.pyc",
        "reports/x.pdf",
        ".ipynb_checkpoints/x.py",
        ".venv/x",
        "a.key",
    ):
        (app / name).parent.mkdir(exist_ok=True)
        (app / name).touch()
    git(app, "init", "-q")
    git(app, "add", ".")
    assert set(git(app, "ls-files").split()) == given - {".env"}


def test_what_a_person_has_made_in_project_stays_there(
    room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = shutil.copytree(ROOT / "project", tmp_path / "project")
    given = set(texts(module.export(tmp_path / "before").folder))
    for name in (".env", "reports/x.pdf", "tests/__pycache__/x.pyc", ".venv/bin/python", "a.pem"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(SENTINEL)
    monkeypatch.setattr(module, "PROJECT", project)
    has = texts(module.export(tmp_path / "my-app").folder)
    assert has.keys() == given and SENTINEL not in "".join(has.values())


# The model and the Temporal Service


def test_the_practice_model_is_named_where_it_answers(room: dict[str, str], tmp_path: Path) -> None:
    app = module.export(tmp_path / "my-app")
    values = dotenv_values(app.folder / ".env")
    assert values["LLM_MODEL"] == "openai/practice-model"
    assert values["LLM_API_BASE"] == f"http://127.0.0.1:{room['WORKSHOP_PRACTICE_PORT']}/v1"
    # The usual port is somebody else's, where this room has another one.
    assert values["TEMPORAL_ADDRESS"] == f"127.0.0.1:{room['WORKSHOP_TEMPORAL_PORT']}"
    assert "change LLM_MODEL, LLM_API_KEY and LLM_API_BASE in its .env" in str(app)


def test_a_service_on_the_usual_port_needs_no_setting(
    room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSHOP_TEMPORAL_PORT", "7233")
    app = module.export(tmp_path / "my-app")
    assert not [n for n in dotenv_values(app.folder / ".env") if n.startswith("TEMPORAL_")]
    assert "Its Temporal Service is localhost:7233" in str(app)


def test_a_real_model_is_named_and_no_secret_is_anywhere(
    room: dict[str, str], tmp_path: Path
) -> None:
    setting(
        room,
        "LLM_MODEL=anthropic/claude-sonnet-5",
        f"LLM_API_KEY={SENTINEL}",
        f"LLM_API_BASE=https://me:{SENTINEL}@proxy.example/v1?token={SENTINEL}",
        "LLM_TIMEOUT=45",
        "TEMPORAL_ADDRESS=temporal.example.com:7233",
        "TEMPORAL_NAMESPACE=research",
        f"TEMPORAL_API_KEY={SENTINEL}",
        "TEMPORAL_TLS_CLIENT_CERT_PATH=client.pem",
        f"TEMPORAL_TLS_CLIENT_KEY_DATA={SENTINEL}",
    )
    app = tmp_path / "my-app"
    done = rooms.workshop("export", str(app), env=room)
    assert done.returncode == 0, done.stderr
    assert SENTINEL not in done.stdout + done.stderr + "".join(texts(app).values())
    assert {k: v for k, v in dotenv_values(app / ".env").items() if v} == {
        "LLM_MODEL": "anthropic/claude-sonnet-5",
        "LLM_API_BASE": "https://proxy.example/v1",
        "LLM_TIMEOUT": "45",
        "TEMPORAL_ADDRESS": "temporal.example.com:7233",
        "TEMPORAL_NAMESPACE": "research",
        "TEMPORAL_TLS_CLIENT_CERT_PATH": str(Path(room["WORKSHOP_ENV_FILE"]).parent / "client.pem"),
    }
    # An empty one of these would turn TLS on.
    assert "\n# TEMPORAL_API_KEY=\n" in (app / ".env").read_text()
    assert "The key was not copied" in done.stdout and "TEMPORAL_API_KEY, " in done.stdout
    assert "LLM_API_BASE was copied without what may be secret" in done.stdout


def test_a_model_of_ones_own_that_asks_for_no_key(room: dict[str, str], tmp_path: Path) -> None:
    setting(room, "LLM_MODEL=openai/mine", "LLM_API_BASE=http://127.0.0.1:11434/v1")
    values = dotenv_values(module.export(tmp_path / "my-app").folder / ".env")
    assert (values["LLM_MODEL"], values["LLM_API_KEY"]) == ("openai/mine", "none-needed")
    assert values["LLM_API_BASE"] == "http://127.0.0.1:11434/v1"


def test_a_key_that_somebody_has_written_into_a_file_does_not_go_home(
    room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting(room, f"LLM_API_KEY={SENTINEL}")
    project = shutil.copytree(ROOT / "project", tmp_path / "project")
    (project / ".env.example").write_text(f"LLM_API_KEY={SENTINEL}\n")
    monkeypatch.setattr(module, "PROJECT", project)
    with pytest.raises(WorkshopError, match=r"\.env\.example has your API key in it") as caught:
        module.export(tmp_path / "my-app")
    assert SENTINEL not in str(caught.value) and not (tmp_path / "my-app").exists()


# The prompt


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The learner's notebook of lesson 02, in a folder of the test's."""
    (sheet,) = [s for s in sheets() if (s.lesson, s.kind) == (LESSON, "lesson")]
    path = tmp_path / "notebooks" / sheet.path.name
    path.parent.mkdir()
    shutil.copy(sheet.path, path)
    mine = Sheet(sheet.lesson, sheet.kind, path, sheet.given, ())
    monkeypatch.setattr(own_prompt, "sheets", lambda: [mine])
    monkeypatch.setattr(own_prompt, "ROOT", tmp_path)
    yield path


def save(notebook: Path, **changes: Any) -> None:
    """Change the cell that asks, as a front end saves it."""
    content = json.loads(notebook.read_text())
    (cell,) = [c for c in content["cells"] if "".join(c["source"]).startswith("prompt = await")]
    cell |= changes
    notebook.write_text(json.dumps(content))


def stream(name: str, text: str | list[str]) -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, GIVEN),
        ({"source": ['prompt = "Facts about bees"\n']}, "Facts about bees"),
        ({"source": "prompt = await ask('What?', 'About tea')"}, "About tea"),
        # As JupyterLab saves an answer; and Enter, which takes the default.
        ({"outputs": [stream("stdin", ["Facts about the Moon\n"])]}, "Facts about the Moon"),
        ({"outputs": [stream("stdin", "\n"), stream("stdout", ["No answer."])]}, GIVEN),
        ({"source": "prompt = f'Facts about {subject}'"}, None),
        ({"source": "prompt = ("}, None),
        ({"source": "prompt = ''"}, None),
    ],
)
def test_the_prompt_is_the_learners_or_it_is_said_that_it_is_not(
    room: dict[str, str], tmp_path: Path, notebook: Path, changes: Any, found: str | None
) -> None:
    save(notebook, **changes)
    app = module.export(tmp_path / "my-app")
    own = "Give me 5 fun and fascinating facts about tardigrades."
    whose = f"from notebooks/{notebook.name}" if found else "the app's own"
    assert f"Its prompt, {whose}: {found or own}\n" in str(app)
    assert f'DEFAULT_PROMPT = "{found or own}"\n' in (app.folder / "starter.py").read_text()


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"cells": [{"cell_type": "code"}]}'])
def test_a_notebook_that_cannot_be_read_leaves_the_apps_own_prompt(
    room: dict[str, str], tmp_path: Path, notebook: Path, content: str | None
) -> None:
    notebook.unlink()
    if content is not None:
        notebook.write_text(content)
    assert "Its prompt, the app's own: Give me 5 fun" in str(module.export(tmp_path / "my-app"))


@pytest.mark.parametrize(
    "prompt", ['"""\\ \n\t\'', "Bücher – 蜜蜂 \U0001f41d", "\\1 \\g<0>", "\ud800"]
)
def test_a_prompt_of_any_kind_is_a_text_in_the_starter(
    room: dict[str, str], tmp_path: Path, prompt: str
) -> None:
    app = module.export(tmp_path / "my-app", prompt=prompt)
    written = own_prompt.default_prompt(app.folder / "starter.py")
    assert written == prompt.replace("\ud800", "?").strip()


# What is refused


def refused(folder: Path) -> str:
    with pytest.raises(WorkshopError) as caught:
        module.export(folder)
    assert "python -m workshop export ~/my-app" in caught.value.do
    return caught.value.saw


def test_a_folder_that_has_something_is_left_as_it_is(room: dict[str, str], tmp_path: Path) -> None:
    app = module.export(tmp_path / "my-app").folder
    before = texts(app)
    assert refused(app) == f"{app} is not empty."
    assert texts(app) == before
    file = tmp_path / "file"
    file.write_text("mine")
    assert refused(file) == f"{file} is a file." and file.read_text() == "mine"
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert refused(tmp_path / "link") == f"{tmp_path / 'link'} is a file."
    (tmp_path / "empty").mkdir()
    assert module.export(tmp_path / "empty").folder == tmp_path / "empty"


def test_a_folder_of_the_workshops_own_is_refused(room: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "here").symlink_to(ROOT)
    for folder in (ROOT / "my-app", ROOT / "project" / "x", ROOT, tmp_path / "here" / "my-app"):
        assert refused(folder) == f"{folder} is inside the workshop's own folder."
    assert not (ROOT / "my-app").exists()


def test_an_export_that_fails_in_the_middle_leaves_nothing(
    room: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(module, "_DEFAULT_PROMPT", re.compile("nothing of it"))
    for folder in (tmp_path / "new", tmp_path / "empty"):
        with pytest.raises(WorkshopError, match="git restore project"):
            module.export(folder)
    assert not (tmp_path / "new").exists() and list((tmp_path / "empty").iterdir()) == []


# In a notebook, and at home

CELL = """
def plan(sandboxed):
    return lambda one: one

@plan(sandboxed=False)
class Plan:
    '''A docstring.'''
    def run(self):
        # a comment
        return 1

def step():
    return 2
"""
FILE = """
'''A file.'''
from steps import step

# why
@plan
class Plan:

    def run(self):
        return 1
"""


def test_a_diff_has_what_a_file_has_besides_and_no_comments(tmp_path: Path) -> None:
    (tmp_path / "cell.py").write_text(CELL)
    cell = runpy.run_path(str(tmp_path / "cell.py"))
    (tmp_path / "plan.py").write_text(FILE)
    (tmp_path / "steps.py").write_text("import x\ndef other(): ...\ndef step():\n    return 3\n")
    app = module.App(tmp_path, ())
    assert app.diff("plan.py", cell["Plan"]).splitlines() == [
        "--- this notebook",
        "+++ plan.py",
        "-@plan(sandboxed=False)",
        "+from steps import step",
        "+@plan",
        " class Plan:",
        "     def run(self):",
        "         return 1",
    ]
    assert app.diff("steps.py", cell["step"]).splitlines() == [
        "--- this notebook",
        "+++ steps.py",
        " def step():",
        "-    return 2",
        "+    return 3",
    ]


@pytest.mark.rotates("what takes long", among=4)
def test_the_app_runs_where_there_is_no_workshop(
    running_room: dict[str, str], tmp_path: Path
) -> None:
    """With the practice model and the Temporal Service of the workshop, by its settings alone."""
    topic = "Give me 3 facts about honey bees"
    app = module.export(tmp_path / "my-app", prompt=topic).folder
    python, env = elsewhere(tmp_path)
    log = tmp_path / "worker.log"
    with log.open("wb") as out:
        worker = subprocess.Popen([python, "worker.py"], cwd=app, env=env, stdout=out, stderr=out)
    try:
        rooms.until(lambda: worker.poll() or "Polling" in log.read_text(), "the Worker", limit=60)
        assert worker.poll() is None, log.read_text()
        line = [python, "starter.py"]
        done = subprocess.run(
            line, cwd=app, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        worker.terminate()
        rooms.until(lambda: worker.poll() is not None, "the Worker's end", limit=60)
    finally:
        worker.kill()
        worker.wait()
    assert worker.returncode == 0, log.read_text()
    assert done.returncode == 0, done.stderr + log.read_text()
    (report,) = (app / "reports").glob("*.pdf")
    assert f"Successfully created research report PDF: reports/{report.name}" in done.stdout
    assert report.read_bytes().startswith(b"%PDF")
    assert [call.prompt for call in receipt_of_all().calls] == [topic]
    git(app, "init", "-q")
    untracked = git(app, "status", "--porcelain", "-uall")
    assert "?? worker.py\n" in untracked
    assert not re.search(r" (\.env|reports/.*|.*__pycache__.*)\n", untracked)
