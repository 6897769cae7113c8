"""Settings: `.env` and the environment become one frozen `Settings`; nothing else reads them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from workshop import colab_secrets, env_file, model_settings
from workshop.errors import WorkshopError
from workshop.model_settings import PLACEHOLDER_KEY, PRACTICE_MODEL, SettingsError

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds lessons, notebooks and `.env.example`."""

__all__ = ["PLACEHOLDER_KEY", "PRACTICE_MODEL", "ROOT", "Settings", "SettingsError", "load"]


@dataclass(frozen=True)
class Settings:
    """What the whole workshop agrees on. Made by `load`; showing it never shows the key."""

    llm_model: str
    """The model in LiteLLM's words, `provider/model` (https://docs.litellm.ai/docs/providers)."""
    llm_api_key: SecretStr = field(repr=False)
    """The key. `llm_api_key.get_secret_value()` is for the call itself and nowhere else."""
    llm_api_base: str | None
    """Where the model answers; None means the provider's own address."""
    practice: bool
    """Whether the offline practice model answers."""
    temporal_address: str
    temporal_namespace: str
    temporal_is_ours: bool
    """False when TEMPORAL_ADDRESS is set: that Temporal Service is used and none is started."""
    ui_port: int
    practice_port: int
    practice_delay: float
    """Seconds that the practice model takes over an answer."""
    site_port: int
    """Where the practice site answers, whose pages lessons read."""
    database_url: SecretStr = field(repr=False)
    """Where results are kept, in SQLAlchemy's words. It may hold a password."""
    home: Path
    """Where state lives: database, ledger, logs."""
    llm_timeout: float = model_settings.DEFAULT_TIMEOUT
    """Seconds that the model may take over one answer."""
    remarks: tuple[str, ...] = ()
    """What was set and is not read or not used; each says what to correct."""
    notes: tuple[str, ...] = ()
    """What is worth saying of the settings, and needs no correction."""

    @property
    def key_is_set(self) -> bool:
        key = self.llm_api_key.get_secret_value()
        return bool(key) and key != model_settings.NO_KEY and not self.practice

    @property
    def temporal_port(self) -> int:
        return int(self.temporal_address.rpartition(":")[2])


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    A variable of the environment wins over `.env`; an empty one counts as not set. Where there
    is no `.env`, `.env.example` is copied once; an existing file is never written to.

    Args:
        environment: instead of `os.environ`.

    Raises:
        SettingsError: a value cannot be used. The message never holds the key.
    """
    outside = os.environ if environment is None else environment
    file = Path(outside.get("WORKSHOP_ENV_FILE") or ROOT / ".env")
    example = ROOT / ".env.example"
    if not file.exists() and example.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(example, file)
    read = _read(file)
    environment = {k: v.strip() for k, v in outside.items() if v.strip()}
    values = read.values | colab_secrets.found() | environment
    model = model_settings.read(values, read.values, environment, file.name)
    practice_port = _port(values, "WORKSHOP_PRACTICE_PORT", 8234)
    address = values.get("TEMPORAL_ADDRESS")
    if address and not (address.rpartition(":")[0] and _whole(address.rpartition(":")[2]) < 65536):
        raise SettingsError(
            f"TEMPORAL_ADDRESS is {address!r}.",
            "It is a host and a port, such as localhost:7233.",
            "Add the port, or remove the setting to let the workshop start a Temporal Service.",
        )
    own_address = f"localhost:{_port(values, 'WORKSHOP_TEMPORAL_PORT', 7233)}"
    home = Path(values.get("WORKSHOP_HOME") or ROOT / ".workshop").expanduser().absolute()
    return Settings(
        llm_model=model.model,
        llm_api_key=SecretStr(model.key),
        llm_api_base=f"http://127.0.0.1:{practice_port}/v1" if model.practice else model.base,
        practice=model.practice,
        temporal_address=address or own_address,
        temporal_namespace=values.get("TEMPORAL_NAMESPACE", "default"),
        temporal_is_ours=not address,
        ui_port=_port(values, "WORKSHOP_UI_PORT", 8233),
        practice_port=practice_port,
        practice_delay=_seconds(values, "WORKSHOP_PRACTICE_DELAY", 0.6),
        site_port=_port(values, "WORKSHOP_SITE_PORT", 8236),
        database_url=SecretStr(values.get("DATABASE_URL", f"sqlite:///{home / 'research.sqlite'}")),
        home=home,
        llm_timeout=model.timeout,
        remarks=read.remarks + model.remarks,
        notes=model.notes,
    )


def _read(file: Path) -> env_file.EnvFile:
    try:
        return env_file.read(file)
    except WorkshopError as error:
        raise SettingsError(error.saw, error.expected, error.do) from None


def _whole(text: str) -> int:
    """The whole number that a text is; 65536, which is no port, where it is none."""
    return int(text) if text.isascii() and text.isdigit() else 65536


def _port(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name, str(default))
    if not 1024 <= _whole(text) <= 65535:
        raise SettingsError(
            f"{name} is {text!r}.",
            "A port is a whole number from 1024 to 65535.",
            f"Set {name} to one, or remove it to use {default}.",
        )
    return _whole(text)


def _seconds(values: Mapping[str, str], name: str, default: float) -> float:
    text = values.get(name, str(default))
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 60:
        raise SettingsError(
            f"{name} is {text!r}.",
            "It is a number of seconds from 0 to 60.",
            f"Set {name} to one, or remove it to use {default}.",
        )
    return seconds
