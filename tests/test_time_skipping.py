"""The test server whose clock skips: it is found, five days pass at once, and its lack is told."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path

import pytest
import room as rooms
from temporalio import workflow
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import workshop
from workshop.services import time_skipping
from workshop.services.time_skipping import TimeSkippingError


@workflow.defn(sandboxed=False)
class Patience:
    @workflow.run
    async def run(self) -> float:
        began = workflow.now()
        with contextlib.suppress(asyncio.TimeoutError):
            await workflow.wait_condition(lambda: False, timeout=timedelta(days=5))
        return (workflow.now() - began).total_seconds()


def test_five_days_pass_in_seconds() -> None:
    async def cell() -> float:
        async with (
            await WorkflowEnvironment.start_time_skipping(
                test_server_existing_path=workshop.test_server(),
                data_converter=pydantic_data_converter,
            ) as env,
            Worker(env.client, task_queue="patience", workflows=[Patience]),
        ):
            return await env.client.execute_workflow(
                Patience.run, id="patience", task_queue="patience"
            )

    with rooms.quick(30):
        assert asyncio.run(cell()) == pytest.approx(5 * 24 * 3600, abs=1)


def test_without_the_package_the_one_on_path_is_taken_or_its_lack_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_skipping.sysconfig, "get_path", lambda name: str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TimeSkippingError) as told:
        workshop.test_server()
    assert "not installed" in told.value.saw and "pip install" in told.value.do
    other = tmp_path / time_skipping.NAME
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    assert workshop.test_server() == str(other)
