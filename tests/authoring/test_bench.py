"""The bench's own arithmetic and tables. What it measures is never tested: it is printed."""

from __future__ import annotations

import os
import platform
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.common.v1 import RetryPolicy
from temporalio.api.history.v1 import HistoryEvent

from authoring.bench import __main__ as bench
from authoring.bench import classroom, front_door, lesson, machine, room
from authoring.bench.table import Row, Section, quantile
from workshop.settings import ROOT


def test_the_ratio_is_measured_by_target() -> None:
    slow = Row("x", 30.0, "s", 20.0)
    rate = Row("y", 25.0, "a second", 50.0, at_least=True)
    assert slow.cells() == ("x", "30.0 s", "at most 20.0 s", "1.50", "")
    assert rate.cells() == ("y", "25.0 a second", "at least 50.0 a second", "0.50", "")


def test_a_number_without_a_target_or_not_measured_has_no_ratio() -> None:
    assert Row("x", 3.0, "s").cells() == ("x", "3.00 s", "–", "–", "")
    assert Row("x", None, "s", 240.0).cells()[1:4] == ("not measured", "at most 240 s", "–")


def test_quantiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert quantile(values, 0.95) == 95.0
    assert quantile(values, 0.5) == 50.0
    assert quantile(values, 0) == 1.0
    assert quantile(values, 1) == 100.0
    assert quantile([7.0], 0.95) == 7.0
    with pytest.raises(ValueError):
        quantile([], 0.5)


def test_columns_of_the_text_stand_under_each_other() -> None:
    section = Section("Title", [Row("a", 1.0, "s", 2.0), Row("much longer", 100.0, "ms")], ["so"])
    lines = section.text().splitlines()
    assert lines[0] == "Title"
    assert lines[2].index("1.00 s") == lines[3].index("100 ms")
    assert lines[4] == "  so"


def test_markdown_rows_keep_their_columns_whatever_is_said() -> None:
    section = Section("Title", [Row("a | b", 1.0, "s", how="x|y")])
    table = [line for line in section.markdown().splitlines() if line.startswith("|")]
    assert len(table) == 3
    assert {line.replace("\\|", "").count("|") for line in table} == {6}


def test_needed_waits_are_pauses_by_policy_and_timers() -> None:
    def event(number: int) -> HistoryEvent:
        return HistoryEvent(event_id=number)

    policy = RetryPolicy(backoff_coefficient=2.0)
    policy.initial_interval.FromTimedelta(timedelta(seconds=1))
    policy.maximum_interval.FromTimedelta(timedelta(seconds=3))
    scheduled, started, timer = event(5), event(6), event(7)
    scheduled.activity_task_scheduled_event_attributes.retry_policy.CopyFrom(policy)
    started.activity_task_started_event_attributes.scheduled_event_id = 5
    started.activity_task_started_event_attributes.attempt = 4
    timer.timer_started_event_attributes.start_to_fire_timeout.FromTimedelta(timedelta(seconds=10))
    assert lesson.needed([scheduled, started, timer]) == pytest.approx(1 + 2 + 3 + 10)
    started.activity_task_started_event_attributes.attempt = 1
    assert lesson.needed([scheduled, started]) == 0


def test_the_target_of_a_cold_begin_follows_the_dev_server() -> None:
    assert classroom.cold_target(1.0) == pytest.approx(1.7)


def test_the_address_is_read_from_what_jupyterlab_prints() -> None:
    printed = "[I] ServerApp\n        http://localhost:8890/lab/tree/a.ipynb?token=0a1b2c\n"
    assert front_door.address(printed) == (8890, "lab/tree/a.ipynb", "0a1b2c")
    assert front_door.address("[I] ServerApp starts") is None


def test_the_machine_is_described_without_its_name_and_paths() -> None:
    facts = dict(machine.facts())
    said = " ".join(facts.values())
    assert facts["Python"] == platform.python_version()
    assert "temporalio" in facts["Packages"]
    assert "cores" in facts["Processor"]
    for private in (socket.gethostname(), str(ROOT), str(Path.home())):
        assert private not in said.split()
    assert "/work" not in said


def test_a_room_keeps_what_is_a_persons_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLM_API_KEY", "OPENAI_API_KEY", "TEMPORAL_ADDRESS", "MY_TOKEN", "MAKEFLAGS"):
        monkeypatch.setenv(name, "sentinel")
    with room.room() as (folder, environment):
        assert "sentinel" not in environment.values()
        assert Path(environment["WORKSHOP_HOME"]).is_relative_to(folder)
        ports = [v for k, v in environment.items() if k.startswith("WORKSHOP_") and "PORT" in k]
        assert len({*ports, "7233", "8233", "8234"}) == 7
    assert not folder.exists()


def test_this_process_leaves_a_room_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_MODEL", "openai/gpt-4o")
    before, where = dict(os.environ), Path.cwd()
    with room.room() as (folder, environment), room.inside(folder, environment) as settings:
        assert settings.practice
        assert settings.practice_delay == 0
        assert Path.cwd() == folder
    assert (dict(os.environ), Path.cwd()) == (before, where)


def test_what_is_measured_is_chosen_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(times: int) -> Section:
        return Section(f"Sent {times} times", [Row("a letter", 2.0, "s", 1.0)])

    def broken(times: int) -> Section:
        raise RuntimeError("no service")

    monkeypatch.setattr(bench, "SECTIONS", {"post": (measure, 3), "gone": (broken, 1)})
    assert bench.main(["--only", "post"]) == 0  # twice as slow as its target, and no failure
    assert "Sent 3 times" in capsys.readouterr().out
    assert bench.main(["--times", "7", "--markdown"]) == 1
    said = capsys.readouterr()
    assert "| a letter | 2.00 s | at most 1.00 s | 2.00 |" in said.out
    assert "make test | not measured" in said.out
    assert "Sent 7 times" in said.out
    assert "gone could not be measured: no service" in said.err
