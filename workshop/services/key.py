"""Asks for a real model's key, name and address, and writes them into `.env`."""

from __future__ import annotations

import getpass
import os
import sys
from contextlib import suppress
from pathlib import Path

from workshop.core import env_file, model_settings
from workshop.core.errors import WorkshopError
from workshop.core.settings import env_path, load
from workshop.services import model_call

NAMES = ("LLM_API_KEY", "LLM_MODEL", "LLM_API_BASE", "LLM_TIMEOUT")


def set_key(*, call: bool | None = None) -> int:
    """Ask for the settings of a real model, without showing the key, and write them into `.env`.

    In a terminal, and in a cell (`%run -m workshop key`), where Jupyter has fields for it. All
    other lines of the file stay. An empty answer keeps what there is. Whether to try the model with
    a tiny call is asked too, unless `call` says so.

    Returns:
        The exit code: 0 when the settings are written and, if it was tried, the model answers.

    Raises:
        WorkshopError: nobody can be asked, an answer cannot be used, or the file cannot be written.
    """
    file = env_path()
    with suppress(WorkshopError):  # what in it cannot be used is what is corrected here
        load()  # makes the file where there is none
    given = env_file.read(file).values
    if "ipykernel" not in sys.modules and not sys.stdin.isatty():
        raise _nobody(file)
    try:
        answers = _ask(given)
    except (EOFError, KeyboardInterrupt):
        print("\nNothing was changed.")
        return 1
    except RuntimeError:  # StdinNotImplementedError: a notebook that is run without a person
        raise _nobody(file) from None
    try:
        env_file.write(file, answers)
    except OSError as error:
        raise WorkshopError(
            f"{file.name} cannot be written: {error.strerror}.",
            "It is a file in the workshop's folder, and yours.",
            f"See who owns {file.parent} and whether there is room, then run this again.",
        ) from None
    settings = load()
    if settings.practice:
        print(f"✓ {file.name} is written, without a key: the practice model answers.")
        return 0
    key = "with the key" if settings.key_is_set else "without a key"
    print(f"✓ {file.name} is written, {key}: {settings.llm_model} answers from now on.")
    for name in NAMES:
        if os.environ.get(name, "").strip():
            print(f"  {name} of the environment counts instead, for as long as it is set.")
    print("  In a notebook, run the cell with begin again.")
    asks = "Make one tiny call to try it? It costs a fraction of a cent. [y/N] "
    if not call and input(asks).strip().lower() != "y":
        return 0
    print("Asking. LiteLLM takes some seconds to load.", flush=True)
    called = model_call.call(settings)
    print(f"{'✓' if called.well else '✗'} {called.saw}")
    if called.do:
        print(f"  → {called.do}")
    return 0 if called.well else 1


def _ask(given: dict[str, str]) -> dict[str, str]:
    """The settings to write, of the answers. An answer is refused before anything is written."""
    kept = _usable(given)
    key = kept.get("LLM_API_KEY", "")
    keeps = "Enter keeps the one that is set, - for none" if key else "Enter for none"
    key = _answer(getpass.getpass(f"Key (it is not shown; {keeps}): "), key)
    there = kept.get("LLM_MODEL", model_settings.DEFAULT_MODEL)
    model = input(f"Model, as provider/model (Enter for {there}): ").strip() or there
    base = kept.get("LLM_API_BASE", "")
    keeps = f"Enter for {model_settings.shown_base(base)}, - for none" if base else "Enter for none"
    if base := _answer(input(f"Address, only for a server of your own ({keeps}): "), base):
        base, remark = model_settings.checked_base(base)
        if remark:
            print(f"  {remark}")
    there = kept.get("LLM_TIMEOUT", f"{model_settings.DEFAULT_TIMEOUT:g}")
    limit = input(f"Seconds that an answer may take (Enter for {there}): ").strip() or there
    answers = dict(zip(NAMES, (key, model, base, limit), strict=True))
    filled = {name: value for name, value in answers.items() if value}
    model_settings.read(filled, {}, {}, ".env")  # raises where one cannot be used
    return answers


def _usable(given: dict[str, str]) -> dict[str, str]:
    """Those of the settings that can be used; the others may be a key in a wrong place."""
    kept: dict[str, str] = {}
    for name in [name for name in NAMES if name in given]:
        with suppress(WorkshopError):
            read = model_settings.read({name: given[name]}, {}, {}, ".env")
            if not (name == "LLM_API_KEY" and read.practice):
                kept[name] = given[name]
    if base := kept.get("LLM_API_BASE"):
        kept["LLM_API_BASE"] = model_settings.checked_base(base)[0]
    return kept


def _answer(answer: str, kept: str) -> str:
    return "" if answer.strip() == "-" else answer.strip() or kept


def _nobody(file: Path) -> WorkshopError:
    return WorkshopError(
        "Nobody can be asked: this is neither a terminal nor a cell that somebody runs.",
        "The key is typed, so that it is in no command and no history.",
        f"Run {model_settings.key_command()} yourself, or write LLM_API_KEY=… into {file.name}.",
    )
