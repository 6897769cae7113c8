"""The model's settings from Colab's own secrets: the key symbol at the left of its window.

https://github.com/googlecolab/colabtools/blob/main/google/colab/userdata.py
"""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = ("LLM_API_KEY", "LLM_MODEL", "LLM_API_BASE", "LLM_TIMEOUT")

_found: dict[str, str] = {}
_closed = False


def ask() -> str:
    """Ask Colab for the secrets. Elsewhere it does nothing.

    Colab asks the person at the browser whether this notebook may read them, so only `begin` calls
    this, in the main thread. They stay in this module: the environment would hand them on to every
    process.

    Returns:
        What to tell the person; empty where all is said by the settings themselves.
    """
    _found.clear()
    if _closed or "google.colab" not in sys.modules:
        return ""
    userdata = import_module("google.colab.userdata")

    for name in NAMES:
        try:
            value = (userdata.get(name) or "").strip()
        except Exception as error:
            # Its errors are looked at by name: not every version of Colab has them all.
            kind = type(error).__name__
            if kind == "NotebookAccessError":
                return (
                    f"Colab has a secret {name}, and this notebook may not read it. Click the key "
                    "at the left, switch on its notebook access, and run this cell again."
                )
            if kind != "SecretNotFoundError":
                return (
                    f"Colab did not say whether it has a secret {name} ({kind}). Run this cell "
                    "again, and allow the access when Colab asks."
                )
            if name == NAMES[0]:
                return ""  # without a key, the others are not asked for
            continue
        if value:
            _found[name] = value
    return f"{NAMES[0]} is read from Colab's secrets." if NAMES[0] in _found else ""


def found() -> dict[str, str]:
    """The secrets that `ask` has been given."""
    return dict(_found)


def close() -> None:
    """Forget the secrets, and do not ask for them again in this process."""
    global _closed
    _closed = True
    _found.clear()
