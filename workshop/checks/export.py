"""The app that goes home: `project/`, copied out with a learner's own prompt and settings."""

from __future__ import annotations

import json
import os
import re
import shutil
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from workshop.checks.beside_files import difference
from workshop.checks.own_prompt import default_prompt, own_prompt
from workshop.core import disk, env_file, model_settings, settings
from workshop.core.errors import WorkshopError
from workshop.core.settings import ROOT, Settings

PROJECT = ROOT / "project"
ELSEWHERE = "Name a new folder of your own, such as `python -m workshop export ~/my-app`."
USUAL_PORT = f":{settings.DEFAULT_PORTS['WORKSHOP_TEMPORAL_PORT']}"

_DEFAULT_PROMPT = re.compile(r"^DEFAULT_PROMPT = .*$", re.MULTILINE)
# Of a learner's TEMPORAL_ settings. All others, such as the API key, may be secrets.
_NO_SECRET = re.compile(
    r"TEMPORAL_(ADDRESS|NAMESPACE|PROFILE|CONFIG_FILE|TLS|TLS_SERVER_NAME|TLS_\w+_PATH)"
)


@dataclass(frozen=True)
class App:
    """A copy of the app in a folder of the learner's. Printed, it says what is in it."""

    folder: Path
    told: tuple[str, ...]
    """Where prompt, model and Temporal Service are from, and what to do next, in sentences."""

    def __str__(self) -> str:
        return "\n  ".join((f"✓ The app is in {self.folder}", *self.told))

    def diff(self, file: str, *yours: Callable[..., Any]) -> str:
        """What one of its files has, and does not have, beside functions and classes of yours."""
        return difference(self.folder / file, *yours)


def export(folder: str | Path, *, prompt: str | None = None) -> App:
    """Copy the app into a new folder, with your prompt and your settings, without your key.

    Args:
        folder: a new or an empty folder, outside of the workshop's own.
        prompt: what the app asks when nobody asks it anything. Without: what notebook 02 has.

    Raises:
        WorkshopError: the folder cannot be used, or this is the package without its folders.
    """
    target = Path(folder).expanduser().absolute()
    _refuse(target)
    chosen = settings.load()
    asked, notebook = (prompt, "") if prompt else own_prompt()
    whose = f"from {notebook}" if notebook else "as given" if asked else "the app's own"
    asked = asked or default_prompt(PROJECT / "starter.py")
    asked = chosen.without_key(asked).encode("utf-8", "replace").decode()
    made = not target.exists()
    try:
        target.mkdir(parents=True, exist_ok=True)
        for file in _files(PROJECT):
            copy = target / file.relative_to(PROJECT)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(_without_key(file, chosen))
        _put_prompt(target / "starter.py", asked)
        told = _put_settings(target, chosen)
    except BaseException as error:
        _empty(target, whole=made)
        if isinstance(error, OSError):
            raise WorkshopError(disk.refused(error, target).saw, do=ELSEWHERE) from None
        raise
    first = f"Its prompt, {whose}: {asked}"
    return App(target, (first, *told, "Next: the README.md in it, from step 1."))


def _refuse(target: Path) -> None:
    """Raise an error where a folder cannot be the app's."""
    if not PROJECT.is_dir():
        raise WorkshopError(f"There is no {PROJECT}.", do=settings.without_lessons())
    if target.resolve().is_relative_to(ROOT):
        raise WorkshopError(
            f"{target} is inside the workshop's own folder.",
            "The app gets a folder outside: in here, git would take it for a part of the workshop.",
            ELSEWHERE,
        )
    try:
        if not os.path.lexists(target) or (target.is_dir() and not any(target.iterdir())):
            return
        what = "is not empty" if target.is_dir() else "is a file"
    except OSError as error:
        raise WorkshopError(disk.refused(error, target).saw, do=ELSEWHERE) from None
    raise WorkshopError(f"{target} {what}.", "Nothing of yours is overwritten.", ELSEWHERE)


def _files(project: Path) -> Iterator[Path]:
    """The app's files, without what somebody who tried it in its place has made there."""
    ignored = [line.rstrip("/") for line in (project / ".gitignore").read_text().split()]
    for folder, folders, names in os.walk(project):
        for kind in (folders, names):
            kind[:] = [n for n in kind if not any(fnmatch(n, pattern) for pattern in ignored)]
        yield from (Path(folder, name) for name in names)


def _without_key(file: Path, chosen: Settings) -> bytes:
    """What a file holds. A key that somebody has written into it would end up in their git."""
    content = file.read_bytes()
    if chosen.key_is_set and chosen.llm_api_key.get_secret_value().encode() in content:
        raise WorkshopError(
            f"{file} has your API key in it.",
            "A key is in .env alone, which git leaves out.",
            f"Take it out of project/{file.name}, and run this again.",
        )
    return content


def _put_prompt(starter: Path, prompt: str) -> None:
    line = f"DEFAULT_PROMPT = {json.dumps(prompt, ensure_ascii=False)}"
    text, count = _DEFAULT_PROMPT.subn(lambda _: line, starter.read_text(encoding="utf-8"))
    if count != 1:
        raise WorkshopError(
            f"project/starter.py has {count} lines that begin with DEFAULT_PROMPT.",
            "It has one, in which your prompt is written.",
            "Get the file back: `git restore project/starter.py`.",
        )
    starter.write_text(text, encoding="utf-8")


def _put_settings(target: Path, chosen: Settings) -> list[str]:
    """Write the app's `.env`, without a key. Returns what to say of it."""
    changes = {"LLM_MODEL": chosen.llm_model, "LLM_API_KEY": "", "LLM_API_BASE": ""}
    model = f"Its model is {chosen.llm_model}. The key was not copied: write it into its .env."
    if not chosen.key_is_set:  # what is sent instead of a key opens nothing
        changes["LLM_API_KEY"] = chosen.llm_api_key.get_secret_value()
        model = f"Its model is {chosen.llm_model}, without a key."
    if chosen.practice:
        model = (
            "Its model is the practice model, while the workshop's servers run (`python -m workshop"
            " up`). For a real one, change LLM_MODEL, LLM_API_KEY and LLM_API_BASE in its .env."
        )
    if base := chosen.llm_api_base:
        changes["LLM_API_BASE"] = chosen.without_key(model_settings.shown_base(base))
        if changes["LLM_API_BASE"] != base:
            model += " LLM_API_BASE was copied without what may be secret in it."
    if chosen.llm_timeout != model_settings.DEFAULT_TIMEOUT:
        changes["LLM_TIMEOUT"] = f"{chosen.llm_timeout:g}"

    connection, secrets = _connection(chosen)
    changes |= connection
    service = f"Its Temporal Service is {changes.get('TEMPORAL_ADDRESS', 'localhost' + USUAL_PORT)}"
    service += ": the workshop's, while it runs." if chosen.temporal_is_ours else "."
    if chosen.temporal_is_ours and "TEMPORAL_ADDRESS" in changes:
        service += " For one of your own, change TEMPORAL_ADDRESS in its .env."
    if secrets:
        service += f" {', '.join(secrets)}: not copied. Write what you need into its .env."

    _, _, example = (target / ".env.example").read_text(encoding="utf-8").partition("\n")
    head = "Made by `python -m workshop export`. Variables that are set outside win over these."
    hidden = "".join(f"# {name}=\n" for name in secrets)  # an empty TEMPORAL_API_KEY turns TLS on
    said = (textwrap.fill(f"# {one}", 98, subsequent_indent="# ") for one in (head, model, service))
    text = "\n".join((*said, example + hidden))
    disk.write_whole(target / ".env", text)
    env_file.write(target / ".env", changes)
    return [model, service]


def _connection(chosen: Settings) -> tuple[dict[str, str], list[str]]:
    """What the learner's `.env` says of a Temporal Service, and the names of the secrets in it."""
    file = settings.env_path()
    own = {k: v for k, v in env_file.read(file).values.items() if k.startswith("TEMPORAL_")}
    told = {name: value for name, value in own.items() if _NO_SECRET.fullmatch(name)}
    for name, value in told.items():
        if name.endswith(("_PATH", "_FILE")):
            told[name] = str((file.parent / value).absolute())
    if not (chosen.temporal_is_ours and chosen.temporal_address.endswith(USUAL_PORT)):
        told["TEMPORAL_ADDRESS"] = chosen.temporal_address
    return told, sorted(own.keys() - told.keys())


def _empty(folder: Path, *, whole: bool) -> None:
    """Remove what an export that failed has made."""
    if not folder.is_dir():
        return
    for one in folder.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    if whole:
        folder.rmdir()
