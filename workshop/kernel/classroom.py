"""The classroom made ready: settings, Temporal Service, model, and a panel that says so."""

from __future__ import annotations

import asyncio
import html
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from workshop.core import colab_secrets, disk, servers, temporal_config
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
    settings = load(temporal_config.as_set())
    await _agreed(settings, lesson)
    disk.ready(settings.home, room=disk.ROOM)
    notebook.quiet_logs(settings.home)
    notebook.allow_nested_loops()
    tell_in_cells()
    opened()
    starts = [temporal_service.ensure(settings, claims=True)]
    if settings.practice:
        starts.append(process.ensure(settings))  # type: ignore[arg-type]
    service, *_ = await asyncio.gather(*starts)
    # What was started just now may have chosen other ports.
    given = load(temporal_config.as_set())
    namespace = await claims.claim(given, lesson)
    claimed = {temporal_config.NAMESPACE: namespace.name} if namespace.claimed else {}
    # So that the SDK finds it in a cell: ClientConfig.load_client_connect_config().
    temporal_config.tell(given.temporal_variables() | claimed)
    settings = load()
    if settings.practice:
        await asyncio.to_thread(faults.clear, settings.llm_api_base)
    open_receipt()
    others = await asyncio.to_thread(servers.others, settings)
    show(
        Panel(
            lesson,
            (
                ("Temporal Service", _service_words(service, settings), ""),
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


def _service_words(service: temporal_service.TemporalService, settings: Settings) -> str:
    if service.ours:
        how = "started now; it goes on when the kernel restarts" if service.started_now else ""
        return f"{service.address} ({how or 'running'})"
    named = f"named by {settings.connection.named_by}"
    how = ", ".join(filter(None, [settings.connection.guarded, named]))
    return f"{service.address} ({how}; the workshop did not start it and will not end it)"


_agreed_to: set[str] = set()
"""Services elsewhere that the person at this kernel lets us use."""


async def _agreed(settings: Settings, lesson: str) -> None:
    """Ask before a Temporal Service is used that is not on this machine.

    Raises:
        WorkshopError: it is not to be used, or nobody is there to say so.
    """
    found, address = settings.connection, settings.temporal_address
    if found.is_here or found.agreed or address in _agreed_to:
        return
    space = f"the namespace {found.namespace!r}"
    if not found.namespace:
        space = f"a namespace for each notebook, such as lesson-{lesson}-…, or else in 'default'"
    print(
        f"{found.named_by} names a Temporal Service that is not on this machine: {address}.\n"
        f"The notebook works in {space}. There it makes Workflows, whose Event Histories\n"
        "hold your prompts and the model's answers, and in lesson 05 Schedules. Search attributes\n"
        "it makes none. A Service may charge for what is done."
    )
    if await notebook.ask("Use it? Type yes:", "no") == "yes":
        _agreed_to.add(address)
        return
    raise WorkshopError(
        f"The Temporal Service at {address} is not used: nobody has typed yes.",
        "",
        f"Run this cell again and type yes; or set {temporal_config.USE}={address} in .env, and "
        f"nobody is asked. Take the address out of {found.named_by} to let the workshop start a "
        "Service of its own.",
    )


def _model_words(settings: Settings) -> str:
    if settings.practice:
        how = "add the secret LLM_API_KEY (the key at the left), run this cell again"
        if "google.colab" not in sys.modules:
            how = f"run {key_command()}"
        return f"the practice model: offline, free, no key. For a real one, {how}"
    key = "key set" if settings.key_is_set else "no key set"
    where = f" at {shown_base(settings.llm_api_base)}" if settings.llm_api_base else ""
    return f"{settings.llm_model}{where} ({key}); calls cost money"
