"""The practice model: an OpenAI-compatible server of our own that needs no key and no internet.

`python -m workshop.practice.model --port 8234 --ledger PATH --delay 0.6` serves it.
"""

from workshop.core import model_settings

MODEL = model_settings.PRACTICE_NAME
"""The name of the model, as it arrives here (LiteLLM calls it `openai/practice-model`)."""

KEY = model_settings.PRACTICE_KEY
"""The only key that it takes. It opens nothing else, so it is no secret."""

SERVICE = "durable-ai-workshop practice model"
"""What `GET /health` says it is, so that it cannot be taken for something else on its port."""

PRICE_PER_PROMPT_TOKEN = 2.50 / 1_000_000
PRICE_PER_COMPLETION_TOKEN = 10.00 / 1_000_000
"""US dollars, as gpt-4o costs (https://platform.openai.com/docs/pricing)."""

NOTEBOOK_HEADER = "OpenAI-Organization"
"""The header in which a request says whose it is: its notebook's Temporal namespace. LiteLLM sends
it for an app without our code as well, where OPENAI_ORGANIZATION is set."""

CALLER_HEADER = "X-Client-Request-Id"
"""The header in which it says who asks: a Workflow's id, its Activity and the attempt.

https://platform.openai.com/docs/api-reference/debugging-requests"""

NOBODY = "default"
"""Whose a request is that does not say so: Temporal's own first namespace."""

FAULTS_PATH = "/faults"
"""The control path: POST holds a fault, DELETE ends all of them."""

NEED_TOOLS = ("unknown tool", "broken arguments", "wrong arguments", "endless")
"""Ways of misbehaving that only come to calls that have tools."""

WAYS = (*NEED_TOOLS, "huge", "empty")
"""How a model gets it wrong while its provider is well; see `misbehaviour`."""
