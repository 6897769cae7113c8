"""Metering: LiteLLM's calls counted where it sends them, with who made them.

The practice model keeps its own ledger, and is told in headers who calls. A real provider shows
nobody its books: there a callback writes what this client sends into a ledger of ours.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from temporalio import activity

from workshop.core import settings as _settings
from workshop.core.model_settings import PRACTICE_MODEL
from workshop.practice.model import (
    CALLER_HEADER,
    NOTEBOOK_HEADER,
    PRICE_PER_COMPLETION_TOKEN,
    PRICE_PER_PROMPT_TOKEN,
)
from workshop.practice.model.faults import label
from workshop.practice.model.ledger import Ledger
from workshop.practice.model.messages import fingerprint, last_user_text

if TYPE_CHECKING:
    import httpx

_attached = threading.Lock()
_PRICE = {
    "litellm_provider": "openai",
    "mode": "chat",
    "input_cost_per_token": PRICE_PER_PROMPT_TOKEN,
    "output_cost_per_token": PRICE_PER_COMPLETION_TOKEN,
    "cache_creation_input_token_cost": PRICE_PER_PROMPT_TOKEN,
    "cache_read_input_token_cost": PRICE_PER_PROMPT_TOKEN,
}


def attach(settings: _settings.Settings | None = None) -> bool:
    """Let LiteLLM's calls be counted. Harmless when repeated; `start_worker` calls it.

    With the practice model, requests say in headers which notebook, Workflow, Activity and attempt
    they come from; the ledger is the provider's. With a real provider nothing is added to the
    request, and a callback writes what is sent into a ledger of our own, and takes the key out of
    an error that says it back: what an Activity raises is kept in the Event History.

    Returns:
        Whether it is attached; False until LiteLLM has been imported, which is not waited for.

    https://docs.litellm.ai/docs/observability/custom_callback
    """
    # Where `begin` still loads it, an import here would hold up the kernel until it is there.
    spec = getattr(sys.modules.get("litellm"), "__spec__", None)
    if spec is None or getattr(spec, "_initializing", False):
        return False
    import litellm

    settings = settings or _settings.load()
    with _attached:
        litellm.suppress_debug_info = True
        if settings.practice and litellm.client_session is None:
            import httpx

            # No proxy of this machine: the practice model is on loopback.
            litellm.client_session = httpx.Client(
                event_hooks={"request": [_label]}, trust_env=False
            )
            litellm.aclient_session = httpx.AsyncClient(
                event_hooks={"request": [_alabel]}, trust_env=False
            )
            # Clients made before this moment know nothing of it.
            litellm.in_memory_llm_clients_cache.flush_cache()  # type: ignore[no-untyped-call]
            litellm.register_model(dict.fromkeys(("practice-model", PRACTICE_MODEL), _PRICE))
        elif not settings.practice and _label in _hooks(litellm.client_session):
            # A key has been set in this kernel: the headers are not for a real provider.
            litellm.client_session = litellm.aclient_session = None
            litellm.in_memory_llm_clients_cache.flush_cache()  # type: ignore[no-untyped-call]
        meters = [one for one in litellm.callbacks if type(one).__name__ == "Meter"]
        if not settings.practice and not meters:
            litellm.callbacks.append(_meter(ledger(settings)))
    return True


def _caller() -> tuple[str | None, str | None, int | None]:
    """Workflow id, Activity type and attempt of the Activity that is running here, or Nones."""
    if not activity.in_activity():
        return None, None, None
    info = activity.info()
    return info.workflow_id, info.activity_type, info.attempt


def _label(request: httpx.Request) -> None:
    request.headers[NOTEBOOK_HEADER] = label(_settings.load().temporal_namespace)
    workflow, name, attempt = _caller()
    if workflow and name:
        request.headers[CALLER_HEADER] = quote(f"{workflow}/{name}/{attempt}")


async def _alabel(request: httpx.Request) -> None:
    _label(request)


def ledger(settings: _settings.Settings) -> Ledger:
    """The books that are kept: the practice model's, or those of what this client has sent."""
    name = "practice-ledger.sqlite" if settings.practice else "sent-ledger.sqlite"
    return Ledger(settings.home / name)


def _hooks(session: httpx.Client | None) -> list[Any]:
    return session.event_hooks["request"] if session else []


def _meter(books: Ledger) -> Any:
    """A LiteLLM callback that writes each call into a ledger before it is sent."""
    from litellm.integrations.custom_logger import CustomLogger

    # LiteLLM calls these by keyword, so the names of the arguments are its own.
    class Meter(CustomLogger):  # type: ignore[misc,unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.rows: dict[str, int] = {}

        def log_pre_api_call(self, model: str, messages: Any, kwargs: dict[str, Any]) -> None:
            workflow, name, attempt = _caller()
            self.rows[str(kwargs.get("litellm_call_id"))] = books.received(
                model=model,
                prompt_sha256=fingerprint(messages),
                prompt=last_user_text(messages),
                workflow_id=workflow,
                activity=name,
                attempt=attempt,
                notebook=label(_settings.load().temporal_namespace),
            )

        def log_success_event(
            self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
        ) -> None:
            row = self.rows.pop(str(kwargs.get("litellm_call_id")), None)
            usage = getattr(response_obj, "usage", None)
            if row is not None:
                books.answered(
                    row,
                    prompt_tokens=getattr(usage, "prompt_tokens", 0) or 0,
                    completion_tokens=getattr(usage, "completion_tokens", 0) or 0,
                    dollars=kwargs.get("response_cost") or 0.0,
                )

        def log_failure_event(
            self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
        ) -> None:
            row = self.rows.pop(str(kwargs.get("litellm_call_id")), None)
            error = kwargs.get("exception")
            _hide_key(error)
            if row is not None:
                # The class name alone: a provider's message may hold a part of the key.
                books.failed(row, getattr(error, "status_code", 0) or 0, type(error).__name__)

        async def async_log_success_event(self, *args: Any, **said: Any) -> None:
            self.log_success_event(*args, **said)

        async def async_log_failure_event(self, *args: Any, **said: Any) -> None:
            self.log_failure_event(*args, **said)

    return Meter()


def _hide_key(error: BaseException | None) -> None:
    """Take the key out of an error and those behind it. LiteLLM raises it after its callbacks."""
    settings = _settings.load()
    while error is not None:
        error.args = tuple(settings.without_key(a) if isinstance(a, str) else a for a in error.args)
        for name, value in vars(error).items():
            if isinstance(value, str):
                setattr(error, name, settings.without_key(value))
        error = error.__cause__ or error.__context__
