"""One tiny call to the model in use: does it answer, and what does it cost?"""

from __future__ import annotations

import time
from dataclasses import dataclass

from workshop.core.display import dollars
from workshop.core.model_settings import key_command
from workshop.core.settings import Settings
from workshop.practice.model import process
from workshop.services.provider_errors import explain


@dataclass(frozen=True)
class Called:
    """How a call ended."""

    well: bool
    saw: str
    do: str = ""
    """What to do; empty when the model has answered."""


def call(settings: Settings) -> Called:
    """Ask the model one short question, with the settings as a lesson uses them.

    It is paid for, a fraction of a cent. Nothing is started, and no error is raised.

    https://docs.litellm.ai/docs/completion/input
    """
    if settings.practice and process.health(settings) is None:
        return Called(True, "the practice model is not running; begin starts it")
    import litellm  # it takes its time to load

    litellm.suppress_debug_info = True
    began = time.monotonic()
    try:
        answer = litellm.completion(
            model=settings.llm_model,
            api_key=settings.llm_api_key.get_secret_value(),
            api_base=settings.llm_api_base,
            messages=[{"role": "user", "content": "Answer with one word: yes."}],
            max_tokens=64,
            timeout=settings.llm_timeout,
            max_retries=0,
        )
    except Exception as error:
        if trouble := explain(error):
            return Called(False, trouble.saw, trouble.do)
        return Called(False, type(error).__name__, f"Run {key_command()}.")
    seconds, usage = time.monotonic() - began, answer["usage"]
    cost = "nothing paid"
    if not settings.practice:
        try:
            cost = dollars(litellm.completion_cost(answer))
        except Exception:  # a model that is not in LiteLLM's list of prices
            cost = "price not known to LiteLLM"
    return Called(
        True,
        f"{settings.llm_model} answered in {seconds:.1f} s: {usage['prompt_tokens']} tokens in, "
        f"{usage['completion_tokens']} out, {cost}",
    )
