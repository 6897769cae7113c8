"""The classroom made ready: settings, Temporal Service, model, and a panel that says so."""

from __future__ import annotations

import asyncio
import html
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from workshop.core import colab_secrets, disk, servers
from workshop.core.display import show
from workshop.core.errors import WorkshopError
from workshop.core.model_settings import key_command, shown_base
from workshop.core.settings import ROOT, Settings, load
from workshop.core.svg import VERBATIM
from workshop.kernel import notebook
from workshop.kernel.advice import tell_in_cells
from workshop.practice.model import faults, process
from workshop.services import claims, temporal_service
from workshop.services.what_runs import left_alone
from workshop.watching.receipt import open_receipt


@dataclass(frozen=True)
class Panel:
    """What is ready, as rows of name, words and an address or an empty string."""

    lesson: str
    rows: tuple[tuple[str, str, str], ...]

    def __repr__(self) -> str:
        lines = [
            f"  {name:<17} {words}{'  ' + link if link else ''}" for name, words, link in self.rows
        ]
        return "\n".join([f"✓ Ready for lesson {self.lesson}", *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{_commands(words)} {_anchor(link)}</td></tr>'
            for name, words, link in self.rows
        )
        return (
            f'<table class="{VERBATIM}"><caption style="text-align:left;caption-side:top"><strong>'
            f"✓ Ready for lesson {html.escape(self.lesson)}</strong></caption>{rows}</table>"
        )


async def make_ready(
    lesson: str, opened: Callable[[], None], progress: Callable[[], str]
) -> Settings:
    """Make everything ready that a lesson needs, and show what that is.

    Args:
        lesson: the lesson's number, such as "02".
        opened: is called when the settings are known.
        progress: says in a line how far the learner is; empty where the lesson has no blanks.

    Returns:
        The settings in force. They never show the key.

    Raises:
        WorkshopError: something cannot be had, with the reason and what to do.
    """
    _known(lesson)
    secrets = colab_secrets.ask()
    settings = load(claims.environment())
    disk.ready(settings.home, room=disk.ROOM)
    notebook.quiet_logs(settings.home)
    notebook.allow_nested_loops()
    tell_in_cells()
    opened()
    starts = [temporal_service.ensure(settings)]
    if settings.practice:
        starts.append(process.ensure(settings))  # type: ignore[arg-type]
    service, *_ = await asyncio.gather(*starts)
    # What was started just now may have chosen other ports.
    namespace = await claims.claim(load(claims.environment()), lesson)
    settings = load()
    if settings.practice:
        await asyncio.to_thread(faults.clear, settings.llm_api_base)
    open_receipt()
    others = await asyncio.to_thread(servers.others, settings)
    show(
        Panel(
            lesson,
            (
                ("Temporal Service", _service_words(service), ""),
                ("Namespace", f"{namespace.name} ({namespace.told})", ""),
                ("Web UI", "" if service.web_ui else "of that service", service.web_ui),
                ("Model", _model_words(settings), ""),
                *(("Settings", f"✗ {remark}", "") for remark in settings.remarks),
                *(("Settings", note, "") for note in (secrets, *settings.notes) if note),
                ("Progress", progress() or "no blanks here", ""),
                *(("Left alone", left_alone(who, ports), "") for who, ports in others.items()),
                ("Log", "of Workers and Activities: run `%run -m workshop log` in a cell", ""),
            ),
        )
    )
    return settings


def _commands(words: str) -> str:
    return re.sub("`(.+?)`", r"<code>\1</code>", html.escape(words))


def _anchor(link: str) -> str:
    safe = html.escape(link, quote=True)
    return f'<a href="{safe}" target="_blank" rel="noopener">{safe}</a>' if link else ""


def _known(lesson: str) -> None:
    numbers = sorted(path.name[:2] for path in (ROOT / "lessons").glob("[0-9][0-9]_*"))
    # A copy without the lessons' sources, as a demo may have, takes any number.
    if numbers and lesson not in numbers:
        raise WorkshopError(
            f"begin was given {lesson!r}.",
            f"It takes the number of a lesson: {', '.join(numbers)}.",
            f'Write, for instance, await begin("{numbers[0]}").',
        )


def _service_words(service: temporal_service.TemporalService) -> str:
    if service.started_now:
        origin = "started now; it goes on when the kernel restarts"
    elif service.ours:
        origin = "running"
    else:
        origin = "named by TEMPORAL_ADDRESS; the workshop did not start it and will not end it"
    return f"{service.address} ({origin})"


def _model_words(settings: Settings) -> str:
    if settings.practice:
        how = "add the secret LLM_API_KEY (the key at the left), run this cell again"
        if "google.colab" not in sys.modules:
            how = f"run {key_command()}"
        return f"the practice model: offline, free, no key. For a real one, {how}"
    key = "key set" if settings.key_is_set else "no key set"
    where = f" at {shown_base(settings.llm_api_base)}" if settings.llm_api_base else ""
    return f"{settings.llm_model}{where} ({key}); calls cost money"
