"""The doctor: each fault is seen, named and given its remedy; the key is never shown."""

from __future__ import annotations

import socket
import stat
import sys
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest
import room as rooms

from workshop.core import disk
from workshop.core.settings import Settings
from workshop.services import doctor, temporal_service
from workshop.services.doctor import Finding

SENTINEL = "sk-sentinel-99887766554433221100ffeeddccbbaa"


def examined() -> dict[str, Finding]:
    return {finding.what: finding for finding in doctor.examine()}


def faults() -> dict[str, Finding]:
    found = {what: finding for what, finding in examined().items() if not finding.well}
    for finding in found.values():
        assert finding.saw and finding.do, "a fault says what to do"
        assert f"→ {finding.do}" in doctor.table([finding])
    return found


@pytest.fixture
def elsewhere(room: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A room in which the versions of this machine's packages play no part."""
    monkeypatch.setattr(doctor, "_packages", lambda: iter(()))


def test_all_is_well_where_it_is(running_room: dict[str, str]) -> None:
    found = doctor.examine()
    table = doctor.table(found)
    assert [finding for finding in found if not finding.well] == []
    assert table.endswith("Everything works.")
    for word in ("Python", "packages as pinned", "Temporal CLI", "healthy at", "Practice model"):
        assert word in table, word
    assert "started by the workshop" in table and "GiB free" in table
    assert "no key set" in table


def test_nothing_running_is_no_fault_and_nothing_is_started(
    room: dict[str, str], elsewhere: None
) -> None:
    found = examined()
    assert all(finding.well for finding in found.values())
    assert "begin starts it" in found["Temporal Service"].saw
    assert found[f"Port {room['WORKSHOP_TEMPORAL_PORT']}"].saw == "free"
    assert not Path(room["WORKSHOP_HOME"]).exists()


@pytest.mark.parametrize(
    "setting", ["WORKSHOP_TEMPORAL_PORT", "WORKSHOP_UI_PORT", "WORKSHOP_PRACTICE_PORT"]
)
def test_a_port_that_is_taken(
    room: dict[str, str], elsewhere: None, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(room[setting])

    async def unhealthy(settings: Settings) -> bool:
        return False

    monkeypatch.setattr(temporal_service, "healthy", unhealthy)
    monkeypatch.setattr("workshop.practice.model.process.health", lambda settings: None)
    with socket.create_server(("127.0.0.1", port)):
        found = faults()
    assert set(found) == {f"Port {port}"}
    assert "is taken by" in found[f"Port {port}"].saw and setting in found[f"Port {port}"].do


def versions(monkeypatch: pytest.MonkeyPatch, **changed: str | None) -> None:
    true_version = metadata.version

    def version(name: str) -> str:
        if name in changed:
            if (other := changed[name]) is None:
                raise metadata.PackageNotFoundError(name)
            return other
        return true_version(name)

    monkeypatch.setattr(metadata, "version", version)


def test_a_package_that_is_missing(room: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    versions(monkeypatch, reportlab=None)
    found = faults()
    assert found["Packages"].saw == "reportlab is missing"
    assert "pip install -r requirements.txt" in found["Packages"].do


def test_a_package_of_the_wrong_version(
    room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    versions(monkeypatch, litellm="1.107.0")
    found = faults()
    assert "litellm is 1.107.0, not ==1.105.3" in found["Packages"].saw


def test_the_workshop_itself_not_installed(
    room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert "not installed" in faults()["Packages"].saw


def test_what_differs_from_the_lock_is_told_and_no_fault(
    room: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "constraints.txt").write_text("psutil==0.0.1\nwhatever==9 ; python_version < '3'\n")
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    lock = examined()["Lock"]
    assert lock.well and lock.saw.startswith("1 differ from constraints.txt: psutil")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("#!/bin/sh\necho 'temporal: an old program of another name'", "an old program"),
        ("#!/bin/sh\nexit 1", "at "),
        ("#!/no/such/interpreter", "does not run"),
    ],
    ids=["old", "silent", "broken"],
)
def test_a_temporal_that_does_not_say_its_version(
    elsewhere: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lines: str, told: str
) -> None:
    program = tmp_path / "temporal"
    program.write_text(f"{lines}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = faults()
    assert told in found["Temporal CLI"].saw and str(program) in found["Temporal CLI"].saw
    assert "Remove it from PATH" in found["Temporal CLI"].do


def test_no_temporal_at_all(elsewhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporal_service, "installed_binary", lambda: None)
    assert "requirements.txt" in faults()["Temporal CLI"].do


def test_a_service_that_is_named_and_dead(elsewhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"localhost:{rooms.free_ports(1)[0]}"
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    found = faults()
    assert address in found["Temporal Service"].saw
    assert "TEMPORAL_ADDRESS" in found["Temporal Service"].do


def test_a_disk_that_is_full(elsewhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free", lambda home: 10 * 1024**2)
    assert "0.0 GiB free" in faults()["Disk"].saw and "Make room" in faults()["Disk"].do


def test_a_python_that_is_too_old(elsewhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Version(NamedTuple):
        major: int
        minor: int

    monkeypatch.setattr(sys, "version_info", Version(3, 9))
    finding = doctor._python()
    assert not finding.well and "3.10 to 3.14" in finding.do


@pytest.mark.parametrize(
    ("name", "value"),
    [("WORKSHOP_UI_PORT", "none"), ("LLM_API_KEY", f"{SENTINEL} and more")],
)
def test_a_setting_that_cannot_be_used(
    elsewhere: None, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    found = faults()
    assert set(found) == {"Settings"} and name in found["Settings"].saw
    assert SENTINEL not in doctor.table(doctor.examine())


def test_a_real_model_is_named_and_its_key_is_not_shown(
    elsewhere: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_API_KEY", SENTINEL)
    monkeypatch.setenv("LLM_MODEL", "openai/gpt-4o")
    table = doctor.table(doctor.examine())
    assert "openai/gpt-4o at the provider's own address (key set)" in table
    assert SENTINEL not in table


def test_the_table_counts_the_faults() -> None:
    table = doctor.table([Finding("A", True, "good"), Finding("Long name", False, "bad", "Fix it")])
    assert "✓ ok     A          good" in table and "✗ fault  Long name  bad" in table
    assert table.endswith("1 to fix: see the arrows.")
