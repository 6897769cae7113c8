"""What runs for this home, from a terminal: started, told, ended."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from temporalio.client import Client
from temporalio.service import RPCError

from workshop.core import listeners, processes, servers
from workshop.core.errors import WorkshopError
from workshop.core.settings import Settings, load
from workshop.practice.model import process
from workshop.practice.site import process as site
from workshop.services import namespaces, temporal_service


async def up() -> None:
    """Start the Temporal Service and the practice model, or find them running, and say where."""
    service = await temporal_service.ensure(load())
    print(f"✓ Temporal Service at {service.address}  Web UI {service.web_ui or '–'}")
    if load().practice:
        await process.ensure(load())
        print(f"✓ Practice model at {load().llm_api_base}")


def status(settings: Settings) -> bool:
    """Say what runs and whose it is. Returns whether all that a notebook needs answers."""

    def tell(there: object, name: str, where: str, otherwise: str = "not running") -> None:
        record = processes.running(settings.home, name)
        ours = f" (process {record.pid})" if record else ""
        print(f"{'✓' if there else '–'} {where}: {f'answers{ours}' if there else otherwise}")

    address = settings.temporal_address
    service = asyncio.run(temporal_service.healthy(settings)) and bool(
        not settings.temporal_is_ours or processes.running(settings.home, temporal_service.NAME)
    )
    ours = temporal_service.NAME if settings.temporal_is_ours else "somebody else's"
    tell(service, ours, f"Temporal Service at {address}")
    model = not settings.practice or process.health(settings) is not None
    if settings.practice:
        tell(model, process.NAME, f"Practice model at {settings.llm_api_base}")
    else:
        print(f"✓ Model in use: {settings.llm_model}")
    # Only lessons 04 and 05 need it, and open it themselves.
    tell(
        site.health(settings),
        site.NAME,
        f"Practice site at 127.0.0.1:{settings.site_port}",
        "not running; lessons that need it start it",
    )
    for who, ports in servers.others(settings).items():
        print(f"  Left alone: {left_alone(who, ports)}.")
    return bool(service and model)


def down(settings: Settings) -> None:
    """End the processes that the workshop started, and no others, and say which."""
    for name, ended in (
        ("Temporal Service", temporal_service.down(settings)),
        ("Practice model", process.down(settings)),
        ("Practice site", site.down(settings)),
    ):
        print(f"✓ {name} ended (process {ended.pid})." if ended else f"– {name}: none of ours ran.")
    for who, ports in servers.others(settings).items():
        print(f"  Left alone: {left_alone(who, ports)}.")
        if who.pid:
            print(f"  If nobody needs it, its owner can end it: kill {who.pid}")


async def workflows(settings: Settings, *, end: bool, ask: bool) -> bool:
    """List the Workflows that still run, of every notebook.

    Args:
        end: terminate them.
        ask: but only if the person at the keyboard says so.

    Returns:
        False where they were to be ended and that person does not want it.
    """
    if not settings.temporal_is_ours:
        if error := await temporal_service.refusal(settings, claims=True):
            raise error
    elif not await temporal_service.healthy(settings):
        raise WorkshopError(
            f"No Temporal Service answers at {settings.temporal_address}.",
            do="Run `python -m workshop up`, then this again.",
        )
    client = await Client.connect(**settings.connect_config())
    found = []
    for name in namespaces.of_home(settings, await namespaces.known(client)):
        inside = namespaces.inside(client, name)
        async for one in inside.list_workflows('ExecutionStatus = "Running"'):
            print(f"{one.start_time:%Y-%m-%d %H:%M} UTC  {name}  {one.workflow_type}  {one.id}")
            found.append(inside.get_workflow_handle(one.id, run_id=one.run_id))
    print(f"{len(found)} still running.")
    if not end or not found:
        return True
    if ask and not agreed("Terminate them? Their Event Histories stay. Type yes: "):
        print("Nothing was ended.")
        return False
    for handle in found:
        with suppress(RPCError):  # it may have ended meanwhile
            await handle.terminate(reason="python -m workshop workflows --end")
    print("✓ Ended.")
    return True


def left_alone(who: listeners.Holder, ports: list[int]) -> str:
    """That somebody else has usual ports, in a line."""
    numbers = ", ".join(map(str, ports))
    return f"port{'s' * (len(ports) > 1)} {numbers}, used by {who}, which is not of this workshop"


def agreed(question: str) -> bool:
    """Whether the person at the keyboard types yes."""
    try:
        return input(question).strip().lower() == "yes"
    except EOFError:
        return False
