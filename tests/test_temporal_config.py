"""How to connect, as the SDK reads it: what is wrong is told, and a key never."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from temporalio.envconfig import ClientConfig

from workshop.core import temporal_config
from workshop.core.settings import Settings, SettingsError, load

SENTINEL = "tk-sentinel-00998877665544332211"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "env").touch()
    return tmp_path


def read(folder: Path, toml: str = "", **outside: str) -> Settings:
    file = {"TEMPORAL_CONFIG_FILE": os.devnull}
    if toml:
        (folder / "temporal.toml").write_text(toml)
        file = {"TEMPORAL_CONFIG_FILE": "temporal.toml"}  # beside the file of settings
    return load({"WORKSHOP_ENV_FILE": str(folder / "env"), **file, **outside})


def test_a_profile_is_read_and_a_variable_wins(folder: Path) -> None:
    toml = (
        f'[profile.cloud]\naddress = "cloud.example:7233"\nnamespace = "mine"\n'
        f'api_key = "{SENTINEL}"\n'
    )
    settings = read(folder, toml, TEMPORAL_PROFILE="cloud", TEMPORAL_NAMESPACE="other")
    assert (settings.temporal_address, settings.temporal_namespace) == (
        "cloud.example:7233",
        "other",
    )
    assert not settings.temporal_is_ours and not settings.connection.is_here
    assert settings.connection.named_by == "the profile 'cloud' of temporal.toml"
    assert settings.connection.guarded == "TLS, an API key"
    assert settings.connection.namespace_by == "TEMPORAL_NAMESPACE"
    by_file = read(folder, toml, TEMPORAL_PROFILE="cloud", TEMPORAL_ADDRESS="x:1").connection
    assert (by_file.named_by, by_file.namespace_by) == (
        "TEMPORAL_ADDRESS",
        "the profile 'cloud' of temporal.toml",
    )
    assert settings.connect_config() == {
        "target_host": "cloud.example:7233",
        "namespace": "other",
        "api_key": SENTINEL,
        "tls": True,
    }


def test_our_own_service_is_named_to_the_sdk_with_the_port_that_it_has(folder: Path) -> None:
    settings = read(folder, TEMPORAL_NAMESPACE="lesson-02")
    assert settings.connect_config() == {
        "target_host": settings.temporal_address,
        "namespace": "lesson-02",
    }
    # A process that a kernel starts has those variables, and takes the Service for ours.
    inherited = read(folder, **settings.temporal_variables())
    assert inherited.temporal_is_ours
    named = read(folder, TEMPORAL_ADDRESS=settings.temporal_address)
    assert not named.temporal_is_ours


TOML = {
    "a misspelt key": (f'adress = "x:1"\napi_key = "{SENTINEL}"', "Line 2 of", "`adress`"),
    "a misspelt section": (f'api_key = "{SENTINEL}"\n[profiles.x]', "Line 3 of", "`profiles`"),
    "no quotes": (f"api_key = {SENTINEL}", "Line 2 of", "cannot be read"),
    "an open quote": (f'api_key = "{SENTINEL}', "Line 2 of", "basic string"),
    "a number": ("api_key = 99887766554433221100", "Line 2 of", "expected a string"),
    "a key twice": (f'api_key = "{SENTINEL}"\napi_key = "{SENTINEL}"', "Line 3 of", "duplicate"),
    "an empty key": ('address = "x:1"\napi_key = ""', "empty", "default"),
    "no port": ('address = "cloud.example"', "'cloud.example'", "default"),
    "a web address": ('address = "https://x:1"', "'https://x:1'", "default"),
    "a key and no address": (f'api_key = "{SENTINEL}"', "an API key", "no address"),
    "TLS and no address": ("[profile.default.tls]", "TLS", "no address"),
}


@pytest.mark.parametrize("case", TOML)
def test_a_file_that_cannot_be_used_is_told_without_what_is_in_it(folder: Path, case: str) -> None:
    text, *words = TOML[case]
    with pytest.raises(SettingsError) as caught:
        read(folder, f"[profile.default]\n{text}\n")
    assert all(word in caught.value.saw for word in words), caught.value.saw
    assert caught.value.do
    assert SENTINEL not in str(caught.value) and "99887766" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"TEMPORAL_CONFIG_FILE": "nope.toml"}, "There is no"),
        ({"TEMPORAL_PROFILE": "cloud"}, "no profile 'cloud'"),
        ({"TEMPORAL_API_KEY": SENTINEL}, "no address"),
        ({"TEMPORAL_TLS": "true"}, "no address"),
        (
            {"TEMPORAL_TLS_CLIENT_KEY_PATH": "a.key", "TEMPORAL_TLS_CLIENT_KEY_DATA": SENTINEL},
            "Cannot specify both",
        ),
    ],
)
def test_variables_that_cannot_be_used_are_told(
    folder: Path, variables: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(folder, **variables)
    assert words in caught.value.saw and caught.value.do and SENTINEL not in str(caught.value)


def test_a_profile_without_address_does_not_lead_to_our_own_service(folder: Path) -> None:
    with pytest.raises(SettingsError, match="no address in the profile 'cloud'"):
        read(folder, '[profile.cloud]\nnamespace = "mine"\n', TEMPORAL_PROFILE="cloud")


def test_a_certificate_that_is_not_there_is_told(folder: Path) -> None:
    named = {"TEMPORAL_TLS_CLIENT_CERT_PATH": "c.pem", "TEMPORAL_TLS_CLIENT_KEY_PATH": "c.key"}
    settings = read(folder, TEMPORAL_ADDRESS="x:1", **named)
    with pytest.raises(SettingsError, match=f"{folder / 'c.pem'} cannot be read"):
        settings.connect_config()


def test_what_is_empty_or_misspelt_is_told_and_does_no_harm(folder: Path) -> None:
    settings = read(folder, TEMPORAL_API_KEY="", TEMPORAL_ADRESS="x:1")
    assert settings.temporal_is_ours and "tls" not in settings.connect_config()
    (note,) = settings.notes
    assert "TEMPORAL_API_KEY is set, and empty" in note and "turns TLS on" in note
    (remark,) = settings.remarks
    assert "TEMPORAL_ADRESS" in remark and "TEMPORAL_ADDRESS=…" in remark
    pem = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"
    (folder / "env").write_text(f'TEMPORAL_TLS_SERVER_CA_CERT_DATA="{pem}"\n')
    settings = read(folder, TEMPORAL_ADDRESS="x:1", TEMPORAL_TLS_CLIENT_KEY_DATA="y")
    assert not settings.remarks and settings.connect_config()["tls"].server_root_ca_cert
    (folder / "env").write_text("TEMPORAL_APIKEY=x\n")
    assert "TEMPORAL_API_KEY=…" in "".join(read(folder).remarks)


def test_the_key_is_shown_by_nothing(folder: Path) -> None:
    settings = read(folder, TEMPORAL_ADDRESS="x:1", TEMPORAL_API_KEY=SENTINEL)
    shown = [settings, settings.connection, dataclasses.asdict(settings), vars(settings.connection)]
    assert SENTINEL not in "".join(map(repr, shown))
    assert settings.connection.without_key(f"bad {SENTINEL}") == "bad [key]"
    # The SDK's own shows it, so nothing of ours may print that.
    assert SENTINEL in repr(settings.connect_config())


def test_a_kernel_is_told_and_what_the_user_has_set_is_kept_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", " x:1 ")
    monkeypatch.setenv("TEMPORAL_API_KEY", "")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", os.devnull)
    told = {"TEMPORAL_ADDRESS": "x:1", "TEMPORAL_NAMESPACE": "lesson-02"}
    for _ in range(2):
        temporal_config.tell(told)
        found = ClientConfig.load_client_connect_config()
        assert found == {"target_host": "x:1", "namespace": "lesson-02"}
        mine = temporal_config.as_set()
        assert mine["TEMPORAL_ADDRESS"] == " x:1 " and "TEMPORAL_NAMESPACE" not in mine
    os.environ["TEMPORAL_NAMESPACE"] = "by hand"
    assert temporal_config.as_set()["TEMPORAL_NAMESPACE"] == "by hand"
    temporal_config.keep(["TEMPORAL_ADDRESS"])
    assert temporal_config.as_set()["TEMPORAL_ADDRESS"] == "x:1"
