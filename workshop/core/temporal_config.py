"""Where the Temporal Service is and how one gets in, as the SDK reads it: variables and a file.

The SDK is silent about a file that is missing, and takes the key into its errors; this is not, and
does not. https://docs.temporal.io/develop/environment-configuration
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from workshop.core.env_file import TEMPORAL_NAMES
from workshop.core.model_settings import SettingsError

if TYPE_CHECKING:
    from temporalio.envconfig import ClientConfigProfile, ClientConnectConfig

FILE, PROFILE = "TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE"
ADDRESS, NAMESPACE = "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"
OWN = "WORKSHOP_TEMPORAL_ADDRESS"
"""Stands beside TEMPORAL_ADDRESS, with the same value, where that was set by `begin` itself."""
USE = "WORKSHOP_USE_SERVICE"
"""The address of a Service elsewhere that `begin` may use without asking."""
MORE = "https://docs.temporal.io/develop/environment-configuration"


@dataclass(frozen=True)
class Connection:
    """What the user has configured. Showing it never shows a key."""

    address: str = ""
    """Host and port; empty where none is named, and the workshop starts a Service."""
    namespace: str | None = None
    named_by: str = ADDRESS
    """Where the address comes from, in words."""
    namespace_by: str = NAMESPACE
    """Where the namespace comes from, in words."""
    guarded: str = ""
    """How one gets in, in words: TLS, a client certificate, a key. Empty for none of them."""
    secret: Mapping[str, SecretStr] = field(default_factory=dict, repr=False)
    """The TEMPORAL_ variables that tell the SDK all this. They may hold a key."""
    agreed: bool = False
    """Whether the user has said beforehand that it may be used."""

    @property
    def is_here(self) -> bool:
        """Whether the Service is on this machine."""
        host = self.address.rpartition(":")[0]
        return host in ("", "localhost", "[::1]") or host.startswith("127.")

    def variables(self) -> dict[str, str]:
        """The TEMPORAL_ variables that tell the SDK all this. Never print them."""
        return {name: value.get_secret_value() for name, value in self.secret.items()}

    def without_key(self, text: str) -> str:
        """A text with `[key]` in place of the API key."""
        key = _profile(self.variables()).api_key
        return text.replace(key, "[key]") if key else text


def read(values: Mapping[str, str], folder: Path) -> Connection:
    """Read the configuration, strictly.

    Args:
        values: settings that are not empty. Paths among them are relative to `folder`.

    Raises:
        SettingsError: it cannot be used. The message never holds a key.
    """
    variables = {name: value for name, value in values.items() if name.startswith("TEMPORAL_")}
    for name in variables.keys() & {FILE, *(n for n in TEMPORAL_NAMES if n.endswith("_PATH"))}:
        variables[name] = str(folder / Path(variables[name]).expanduser())
    if (file := variables.get(FILE)) and not Path(file).exists():
        raise SettingsError(
            f"There is no {file}.", f"{FILE} names a file of profiles.", f"Correct {FILE}. {MORE}"
        )
    profile = _profile(variables)
    address = profile.address or ""
    shown_file = Path(file).name if file else "temporal.toml"
    by_file = f"the profile {variables.get(PROFILE, 'default')!r} of {shown_file}"
    named_by = ADDRESS if ADDRESS in variables else by_file
    if PROFILE in variables and not address:
        raise SettingsError(
            f"There is no address in {by_file}.",
            "Without one, the workshop would start a Service of its own.",
            f"Write address there, or remove {PROFILE}.",
        )
    _well(profile, address, named_by)
    return Connection(
        address,
        profile.namespace or None,
        named_by,
        NAMESPACE if NAMESPACE in variables or not profile.namespace else by_file,
        _guarded(profile),
        {name: SecretStr(value) for name, value in variables.items()},
        bool(address) and values.get(USE) == address,
    )


def of_the_user(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that are not empty, but for an address that `begin` has set itself."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    if ADDRESS in given and given[ADDRESS] == given.get(OWN):
        del given[ADDRESS]
    return given


def empty(environment: Mapping[str, str]) -> list[str]:
    """What to say of TEMPORAL_ variables that are set to nothing."""
    names = [n for n, v in environment.items() if n.startswith("TEMPORAL_") and not v.strip()]
    return [
        f"{name} is set, and empty. Here that counts as not set; a program of your own would take "
        "it for a value (an empty key turns TLS on). Remove it there."
        for name in names
    ]


def misspelt(environment: Mapping[str, str]) -> list[str]:
    """What to say of variables that the SDK does not read, and that look as if it should."""
    said = []
    for name in (n for n in environment if n.startswith("TEMPORAL_") and n not in TEMPORAL_NAMES):
        said += [
            f"{name} is not read by the SDK. Write {meant}=…"
            for meant in get_close_matches(name, TEMPORAL_NAMES, 1, 0.9)
        ]
    return said


def arguments(variables: Mapping[str, str]) -> ClientConnectConfig:
    """What `Client.connect` takes, of the TEMPORAL_ variables. Never print it: it holds the key.

    Raises:
        SettingsError: it cannot be used.

    https://python.temporal.io/temporalio.envconfig.ClientConfigProfile.html
    """
    try:
        return _profile(variables).to_client_connect_config()
    except OSError as error:
        raise SettingsError(
            f"The certificate or key file {error.filename} cannot be read: {error.strerror}.",
            f"A path in a file of profiles begins at the folder of the program: here {Path.cwd()}.",
            "Write the whole path.",
        ) from None


def _profile(variables: Mapping[str, str]) -> ClientConfigProfile:
    from temporalio.envconfig import ClientConfigProfile  # it takes its time to load

    try:
        return ClientConfigProfile.load(override_env_vars=variables, config_file_strict=True)
    except RuntimeError as error:
        raise _unreadable(str(error), variables) from None


def _unreadable(said: str, variables: Mapping[str, str]) -> SettingsError:
    """Why the SDK cannot read the configuration, without the line that it quotes from the file."""
    file = variables.get(FILE, "temporal.toml in your folder of settings")
    if "not found" in said:
        return SettingsError(
            f"There is no profile {variables.get(PROFILE)!r} in {file}.",
            f"{PROFILE} names one of its profiles.",
            f"Correct {PROFILE}, or write the section [profile.{variables.get(PROFILE)}].",
        )
    if line := re.search(r"at (line \d+)", said):
        why = re.sub(r"invalid (type|value): .*?, ", "", said.strip().splitlines()[-1])
        return SettingsError(
            f"{line[1].capitalize()} of {file} cannot be read: {why}.",
            "It is TOML, with names that the SDK knows.",
            f"Correct that line; a text is written in quotes. {MORE}",
        )
    return SettingsError(
        f"The SDK cannot read how to connect: {said.rpartition('error: ')[2]}.",
        do=f"Correct the TEMPORAL_ variables or {file}. {MORE}",
    )


def _well(profile: ClientConfigProfile, address: str, named_by: str) -> None:
    """Raise SettingsError where the SDK would connect to something else than was meant."""
    if profile.api_key == "":
        raise SettingsError(
            f"The API key of {named_by} is empty.",
            "An empty key is a key for the SDK: it turns TLS on.",
            "Remove the line api_key, or fill it in.",
        )
    if not address and (guarded := _guarded(profile)):
        raise SettingsError(
            f"For a Temporal Service there is {guarded}, and no address.",
            "The workshop's own Service asks for none of that.",
            f"Set {ADDRESS} to host:port, or remove the other TEMPORAL_ variables.",
        )
    parts = re.fullmatch(r"[^/\s]+:([0-9]{1,5})", address)
    if address and not (parts and int(parts[1]) < 65536):
        raise SettingsError(
            f"The address of {named_by} is {address!r}."
            if named_by != ADDRESS
            else f"{ADDRESS} is {address!r}.",
            "It is a host and a port, without http://, such as 127.0.0.1:7233.",
            "Add the port (Temporal's is 7233) and take away what is before the host; or remove "
            "the setting to let the workshop start a Temporal Service.",
        )


def _guarded(profile: ClientConfigProfile) -> str:
    tls = profile.tls
    off = tls is not None and tls.disabled
    words = ["TLS"] if not off and (tls or profile.api_key) else []
    words += ["a client certificate"] if not off and tls and tls.client_cert else []
    return ", ".join([*words, *(["an API key"] if profile.api_key else [])])


# The environment of a kernel: the SDK reads it in a cell, without us.

_told: dict[str, str] = {}
_before: dict[str, str] = {}


def as_set() -> dict[str, str]:
    """The environment as the user has set it, without what `tell` has put there."""
    mine = dict(os.environ)
    for name, value in _told.items():
        if mine.get(name) == value:
            del mine[name]
            mine |= {name: _before[name]} if name in _before else {}
    return mine


def tell(variables: Mapping[str, str]) -> None:
    """Let this process's environment say how to connect, and nothing of what was told before.

    A TEMPORAL_ variable that is empty goes: to the SDK it is a value.
    """
    mine = as_set()
    for name in [name for name in os.environ if name in _told or name.startswith("TEMPORAL_")]:
        del os.environ[name]
    _told.clear()
    _before.clear()
    _told.update(variables)
    _before.update({name: mine[name] for name in variables if name in mine})
    os.environ.update(variables)


def keep(names: Iterable[str]) -> None:
    """Take what was told under these names for set by the user: the file is read no more."""
    for name in names:
        _told.pop(name, None)
