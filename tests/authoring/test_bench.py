"""The bench's own arithmetic and tables. What it measures is never tested: it is printed."""

from __future__ import annotations

import os
import platform
import socket
import sys
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from temporalio.api.common.v1 import RetryPolicy
from temporalio.api.history.v1 import HistoryEvent

from authoring import room
from authoring.bench import Row, kernel, machine, table
from authoring.bench import __main__ as bench
from workshop.core.settings import ROOT


def test_the_ratio_is_the_median_by_target() -> None:
    slow = Row("x", [30.0, 20.0, 50.0], "s", 20.0, how="twice")
    rate = Row("y", [25.0], "a second", 50.0, at_least=True)
    how = "twice, median of 3, 20.0 to 50.0 s"
    assert str(slow) == f"| x | 30.0 s | at most 20.0 s | 1.50 | {how} |"
    assert str(rate) == "| y | 25.0 a second | at least 50.0 a second | 0.50 |  |"


def test_a_number_without_a_target_has_no_ratio() -> None:
    assert str(Row("x", [1234.5], "ms")) == "| x | 1,234 ms | – | – |  |"


def test_rows_keep_their_columns_whatever_is_said() -> None:
    lines = table("Title", [Row("a | b", [1.0], "s", how="x|y")]).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert lines[0] == "### Title" and len(rows) == 3
    assert {line.replace("\\|", "").count("|") for line in rows} == {6}


def test_needed_waits_are_pauses_timers_and_workflow_tasks_that_failed() -> None:
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
    assert kernel.needed([scheduled, started, timer]) == pytest.approx(1 + 2 + 3 + 10)
    started.activity_task_started_event_attributes.attempt = 1
    assert kernel.needed([scheduled, started]) == 0
    task, failed = event(2), event(4)
    limit = task.workflow_task_scheduled_event_attributes.start_to_close_timeout
    limit.FromTimedelta(timedelta(seconds=9))
    failed.workflow_task_failed_event_attributes.scheduled_event_id = 2
    assert kernel.needed([task]) == 0 and kernel.needed([task, failed]) == 9


def test_the_machine_is_described_without_its_name_and_paths() -> None:
    said = machine()
    assert f"| Python | {platform.python_version()} |" in said
    assert "temporalio" in said and "cores" in said
    for private in (socket.gethostname(), str(ROOT), str(Path.home())):
        assert private not in said.split()


def test_a_room_keeps_what_is_a_persons_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLM_API_KEY", "OPENAI_API_KEY", "TEMPORAL_ADDRESS", "MY_TOKEN", "MAKEFLAGS"):
        monkeypatch.setenv(name, "sentinel")
    with room.room({"MORE": "x"}) as (folder, environment):
        assert "sentinel" not in environment.values() and environment["MORE"] == "x"
        assert Path(environment["WORKSHOP_HOME"]).is_relative_to(folder)
        assert len({*(int(environment[name]) for name in room.PORTS), *room.PORTS.values()}) == 8
        assert environment["PATH"] == os.environ["PATH"]
    assert not folder.exists()


def test_no_port_is_given_to_two_processes() -> None:
    asks = "from authoring.room import free_ports; print(*free_ports(100))"
    command = [sys.executable, "-c", asks]
    processes = [Popen(command, cwd=ROOT, stdout=PIPE, text=True) for _ in range(3)]
    given = [port for process in processes for port in process.communicate()[0].split()]
    assert len(given) == len(set(given)) == 300


def test_what_is_measured_is_chosen_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(times: int) -> list[Row]:
        return [Row(f"{times} letters", [2.0], "s", 1.0)]

    def broken(times: int) -> list[Row]:
        raise RuntimeError("no service")

    sections = {"post": ("Sent", measure, 3), "gone": ("Gone", broken, 1)}
    monkeypatch.setattr(bench, "SECTIONS", sections)
    assert bench.main(["--only", "post"]) == 0  # twice as slow as its target, and no failure
    assert "| 3 letters | 2.00 s | at most 1.00 s | 2.00 |" in capsys.readouterr().out
    assert bench.main(["--times", "7"]) == 1
    said = capsys.readouterr()
    assert "| 7 letters |" in said.out and "gone could not be measured: no service" in said.err


def test_each_table_of_the_docs_is_one_that_is_printed() -> None:
    told = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    titles = [line.removeprefix("### ") for line in told.splitlines() if line.startswith("### ")]
    assert titles == [title for title, _, _ in bench.SECTIONS.values()]
