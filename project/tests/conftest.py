"""The tests need no network and no key: a stand-in answers for the model, on this machine."""

import os
import threading
from collections.abc import Iterator

import pytest
from stand_in import KEY, Provider

# Your own settings must not reach a test: no real model, no real Temporal Service.
os.environ["PYTHON_DOTENV_DISABLED"] = "1"
for name in list(os.environ):
    if name.startswith(("LLM_", "TEMPORAL_", "PDF_", "OPENAI_", "TASK_")):
        del os.environ[name]


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """The model that the settings name."""
    with Provider() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        monkeypatch.setenv("LLM_MODEL", "openai/stand-in")
        monkeypatch.setenv("LLM_API_KEY", KEY)
        monkeypatch.setenv("LLM_API_BASE", f"http://127.0.0.1:{server.server_port}/v1")
        yield server
        server.may_answer.set()
        server.shutdown()
