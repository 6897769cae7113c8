"""Colab's secrets, as far as the workshop knows them; a file stands in for the window at the left.

The file that COLAB_SECRETS names holds JSON: name to value, or to null where the notebook has no
access. https://github.com/googlecolab/colabtools/blob/main/google/colab/userdata.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path


class SecretNotFoundError(Exception):
    """There is no secret of that name."""


class NotebookAccessError(Exception):
    """The notebook may not read it."""


class TimeoutException(Exception):
    """Nobody answered the question for access."""


def get(key: str) -> str:
    """The secret's value."""
    file = os.environ.get("COLAB_SECRETS")
    secrets = json.loads(Path(file).read_text()) if file else {}
    if key not in secrets:
        raise SecretNotFoundError(key)
    if secrets[key] is None:
        raise NotebookAccessError(key)
    if secrets[key] == "(nobody answers)":
        raise TimeoutException(key)
    return str(secrets[key])
