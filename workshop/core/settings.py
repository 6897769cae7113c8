"""Settings: `.env` and the environment become one frozen `Settings`; nothing else reads them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pydantic import SecretStr

from workshop.core import colab_secrets, disk, env_file, model_settings, temporal_config
from workshop.core.errors import WorkshopError
from workshop.core.model_settings import SECONDS, SettingsError, number
from workshop.core.temporal_config import ADDRESS, NAMESPACE, OWN, Connection

if TYPE_CHECKING:
    from temporalio.envconfig import ClientConnectConfig

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds lessons, notebooks and `.env.example`."""

INSTALLED = any(ROOT.glob("durable_ai_workshop-*.dist-info"))
"""Whether this is the package alone, among a Python's other packages, and no checkout."""
PLACE = Path.home() / ".durable-ai-workshop" if INSTALLED else ROOT
"""Where `.env` and state lie unless settings say otherwise: never among a Python's packages."""

DEFAULT_PORTS = {
    "WORKSHOP_TEMPORAL_PORT": 7233,
    "WORKSHOP_UI_PORT": 8233,
    "WORKSHOP_PRACTICE_PORT": 8234,
    "WORKSHOP_SITE_PORT": 8236,
}
"""The usual ports. Where somebody else has one, this home's servers take another."""

SERVERS = ("temporal", "practice-model", "practice-site")
"""What a home has for itself; each has a record there, `temporal.json`, with its ports."""
NOTEBOOKS = "notebooks"
"""The folder in the home that holds a folder for each notebook, named as its namespace."""


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
    """False when an address is configured: that Temporal Service is used and none is started."""
    connection: Connection
    """What the user has configured of that."""
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
    given: frozenset[str] = frozenset()
    """Which ports, and whether a namespace, the user has set: those are used as they are."""
    llm_timeout: float = model_settings.DEFAULT_TIMEOUT
    """Seconds that the model may take over one answer."""
    remarks: tuple[str, ...] = ()
    """What was set and is not read or not used; each says what to correct."""
    notes: tuple[str, ...] = ()
    """What is worth saying of the settings, and needs no correction."""

    @property
    def folder(self) -> Path:
        """Where this notebook's own files are; `home` where no notebook has the namespace."""
        return _folder(self.home, self.temporal_namespace)

    @property
    def key_is_set(self) -> bool:
        key = self.llm_api_key.get_secret_value()
        return bool(key) and key != model_settings.NO_KEY and not self.practice

    def without_key(self, text: str) -> str:
        """A text with `[key]` in place of the key, which some providers say back."""
        key = self.llm_api_key.get_secret_value()
        return text.replace(key, "[key]") if self.key_is_set else text

    @property
    def temporal_port(self) -> int:
        return int(self.temporal_address.rpartition(":")[2])

    def variables(self) -> dict[str, str]:
        """The variables that give a process these settings, but for the model's and its key."""
        told = {name: str(self.port(name)) for name in DEFAULT_PORTS if name in self.given}
        told["WORKSHOP_HOME"] = str(self.home)
        told["WORKSHOP_PRACTICE_DELAY"] = str(self.practice_delay)
        told["LLM_TIMEOUT"] = str(self.llm_timeout)
        return told | self.connection.variables()

    def temporal_variables(self) -> dict[str, str]:
        """The variables that tell the SDK which Temporal Service and which namespace are used."""
        told = self.connection.variables()
        if self.temporal_is_ours:
            told |= dict.fromkeys((ADDRESS, OWN), self.temporal_address)
        return told

    def connect_config(self) -> ClientConnectConfig:
        """What `Client.connect` takes: target, namespace, TLS. Never print it: it holds the key.

        Raises:
            SettingsError: the file of a certificate or of its key cannot be read.
        """
        return temporal_config.arguments(self.temporal_variables())

    def port(self, setting: str) -> int:
        """The port that a setting such as WORKSHOP_UI_PORT names."""
        return {
            "WORKSHOP_TEMPORAL_PORT": self.temporal_port,
            "WORKSHOP_UI_PORT": self.ui_port,
            "WORKSHOP_PRACTICE_PORT": self.practice_port,
            "WORKSHOP_SITE_PORT": self.site_port,
        }[setting]

    def at(self, ports: Mapping[str, int]) -> Settings:
        """These settings with other ports, but for those that the user has set."""
        new = {name: self.port(name) for name in DEFAULT_PORTS}
        new |= {name: port for name, port in ports.items() if name not in self.given}
        practice, own = new["WORKSHOP_PRACTICE_PORT"], f"127.0.0.1:{new['WORKSHOP_TEMPORAL_PORT']}"
        return replace(
            self,
            llm_api_base=f"http://127.0.0.1:{practice}/v1" if self.practice else self.llm_api_base,
            temporal_address=own if self.temporal_is_ours else self.temporal_address,
            ui_port=new["WORKSHOP_UI_PORT"],
            practice_port=practice,
            site_port=new["WORKSHOP_SITE_PORT"],
        )


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    A variable of the environment wins over `.env`; an empty one counts as not set. Where there
    is no `.env`, `.env.example` is copied once, if that can be; an existing file is never written
    to. `.env` becomes its owner's alone (mode 600).

    Args:
        environment: instead of `os.environ`.

    Raises:
        SettingsError: a value cannot be used. The message never holds the key.
        DiskError: `.env` cannot be read.
    """
    outside = os.environ if environment is None else environment
    file = env_path(outside)
    _copy_example(file)
    if file == PLACE / ".env":
        disk.keep_private(file)
    read = _read(file)
    environment = temporal_config.of_the_user(outside)
    values = read.values | colab_secrets.found() | environment
    model = model_settings.read(values, read.values, environment, file.name)
    home = Path(values.get("WORKSHOP_HOME") or PLACE / disk.DEFAULT).expanduser().absolute()
    ports = DEFAULT_PORTS | recorded_ports(home)
    whole = "A port is a whole number"
    ports = {n: int(number(values, n, port, 1024, 65535, whole)) for n, port in ports.items()}
    found = temporal_config.read(values, file.absolute().parent)
    namespace = found.namespace or "default"
    database = _sqlite(_folder(home, namespace) / "research.sqlite")
    return Settings(
        llm_model=model.model,
        llm_api_key=SecretStr(model.key),
        llm_api_base=f"http://127.0.0.1:{ports['WORKSHOP_PRACTICE_PORT']}/v1"
        if model.practice
        else model.base,
        practice=model.practice,
        temporal_address=found.address or f"127.0.0.1:{ports['WORKSHOP_TEMPORAL_PORT']}",
        temporal_namespace=namespace,
        temporal_is_ours=not found.address,
        connection=found,
        ui_port=ports["WORKSHOP_UI_PORT"],
        practice_port=ports["WORKSHOP_PRACTICE_PORT"],
        practice_delay=number(values, "WORKSHOP_PRACTICE_DELAY", 0.6, 0, 60, SECONDS),
        site_port=ports["WORKSHOP_SITE_PORT"],
        database_url=SecretStr(values.get("DATABASE_URL", database)),
        home=home,
        given=frozenset(DEFAULT_PORTS.keys() & values.keys())
        | ({NAMESPACE} if found.namespace else set()),
        llm_timeout=model.timeout,
        remarks=read.remarks + model.remarks + tuple(temporal_config.misspelt(environment)),
        notes=model.notes + tuple(temporal_config.empty(outside)),
    )


def without_lessons() -> str:
    """What the package alone can do, and how to get the rest, in sentences."""
    repository = "the repository"
    if INSTALLED:
        for url in metadata.metadata("durable-ai-workshop").get_all("Project-URL") or ():
            repository = url.partition(", ")[2]
    return (
        "This is the package without its lessons: it starts the Temporal Service and the practice "
        "model (`python -m workshop up`) for code of your own. "
        f"For the notebooks: `git clone {repository}`, and `make lab` in that folder."
    )


def env_path(environment: Mapping[str, str] | None = None) -> Path:
    """The file of settings: the one that WORKSHOP_ENV_FILE names, or `.env`."""
    outside = os.environ if environment is None else environment
    return Path(outside.get("WORKSHOP_ENV_FILE") or PLACE / ".env")


def _copy_example(file: Path) -> None:
    """Make `.env` from the example, where it can be made: nothing in it is needed."""
    with suppress(OSError):
        text = (ROOT / ".env.example").read_bytes()
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as made:
            made.write(text)


def _sqlite(file: Path) -> str:
    """The URL of a SQLite file: as SQLite's own URI where its path has the sign of a query.

    https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#uri-connections
    """
    return (
        f"sqlite:///file:{quote(str(file))}?uri=true" if "?" in str(file) else f"sqlite:///{file}"
    )


def _folder(home: Path, namespace: str) -> Path:
    own = home / NOTEBOOKS / namespace
    return own if own.is_dir() else home


def recorded_ports(home: Path) -> dict[str, int]:
    """The ports that this home's servers have, or had last, by setting."""
    found: dict[str, int] = {}
    for name in SERVERS:
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            kept = json.loads((home / f"{name}.json").read_text())["ports"]
            found |= {n: kept[n] for n in DEFAULT_PORTS if isinstance(kept.get(n), int)}
    return found


def _read(file: Path) -> env_file.EnvFile:
    try:
        return env_file.read(file)
    except OSError as error:
        raise disk.refused(error, file, setting="WORKSHOP_ENV_FILE") from None
    except WorkshopError as error:
        raise SettingsError(error.saw, error.expected, error.do) from None
