"""The finished lessons on Colab's kernel, as Run All sends them; `make test-matrix` runs this file.

The environment is made from colab.txt, the versions that Colab's own list has, and from nothing
else: a lesson's first cell clones this repository as it is committed, and installs the rest.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import room as rooms
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from room import ROOT

from authoring import build, notebooks

VENV = ROOT / ".venvs" / "colab"
PYTHON = str(VENV / "bin" / "python")
CHANGED = {"importlib_metadata"}
"""LiteLLM 1.105.3 wants it below 9, and Colab has 9.0.0."""
CELL_LIMIT = 300.0
"""Seconds in which a kernel says nothing. The first cell clones and installs."""
LESSONS = [path for path in build.derive().finished if path.startswith("Solutions_")]
AFTERWARDS = """
import asyncio, workshop
async def _said():
    await asyncio.sleep(0)
    return "works"
print("asyncio.run", asyncio.run(_said()), "from", workshop.__file__)
"""


@pytest.fixture
def before() -> dict[str, str]:
    """Colab's packages in an environment that is new, as its list has them."""
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--clear", "--python", "3.13", str(VENV)], check=True)
    pins = Path(__file__).with_name("colab.txt")
    line = [*uv, "pip", "install", "--python", PYTHON, "--no-deps", "-r", str(pins)]
    subprocess.run(line, check=True)
    return versions()


def versions() -> dict[str, str]:
    line = [PYTHON, "-m", "pip", "list", "--format=json"]
    said = subprocess.run(line, capture_output=True, text=True, check=True, timeout=60).stdout
    return {package["name"]: package["version"] for package in json.loads(said)}


@pytest.mark.parametrize("path", LESSONS)
def test_a_lesson_runs_and_leaves_colabs_packages_alone(
    path: str, before: dict[str, str], tmp_path: Path
) -> None:
    repository = build.placeholders(ROOT)["REPOSITORY"]
    environment = rooms.environment(
        tmp_path,
        PATH=os.pathsep.join([str(VENV / "bin"), os.environ["PATH"]]),
        PYTHONPATH=str(ROOT / "tests" / "stand_ins"),
        IPYTHONDIR=str(tmp_path / "ipython"),
        # git clones this repository where a cell names the public one.
        GIT_CONFIG_COUNT="2",
        GIT_CONFIG_KEY_0=f"url.{ROOT.as_uri()}.insteadOf",
        GIT_CONFIG_VALUE_0=repository,
        GIT_CONFIG_KEY_1="safe.directory",
        GIT_CONFIG_VALUE_1="*",
    )
    line = ["git", "show", f"HEAD:{path}"]  # for HEAD is what the first cell clones
    committed = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    # Colab keeps a learner's files in /content.
    sources = [
        cell.source.replace("/content", str(tmp_path))
        for cell in notebooks.code_cells(notebooks.read(committed))
    ]
    try:
        said = asyncio.run(run_all([*sources, AFTERWARDS], tmp_path, environment))
    finally:
        rooms.end_all(tmp_path / "state")
    assert f"asyncio.run works from {tmp_path / repository.rpartition('/')[2]}" in said[-1]
    assert "colab.example" in "".join(said), "no link to the Web UI goes through Colab's proxy"
    after = versions()
    changed = {
        name: (old, after.get(name)) for name, old in before.items() if after.get(name) != old
    }
    assert changed.keys() <= CHANGED, changed


async def run_all(
    sources: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> list[str]:
    """Send all cells at once, as Run All does. Returns what each of them showed, as text."""
    # Colab has imported its own package before the first cell runs.
    imports = "--IPKernelApp.exec_lines=['import google.colab']"
    plain = "--InteractiveShell.colors=NoColor"
    argv = [PYTHON, "-m", "ipykernel_launcher", "-f", "{connection_file}", imports, plain]
    spec = folder / "kernels" / "colab" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": argv, "display_name": "Colab", "language": "python"}))
    specs = KernelSpecManager(kernel_dirs=[str(folder / "kernels")])
    manager = AsyncKernelManager(kernel_name="colab", kernel_spec_manager=specs)
    with (folder / "kernel.log").open("w") as log:
        await manager.start_kernel(env=environment, cwd=str(folder), stdout=log, stderr=log)
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        cells = [client.execute(source, allow_stdin=False) for source in sources]
        said = dict.fromkeys(cells, "")
        while True:
            message = await client.get_iopub_msg(timeout=CELL_LIMIT)
            cell, content = message["parent_header"].get("msg_id"), message["content"]
            if cell not in said:
                continue
            data = content.get("data", {})
            texts = [content.get("text"), data.get("text/plain"), *content.get("traceback", [])]
            said[cell] += "\n".join(text for text in texts if text)
            assert message["msg_type"] != "error", said[cell]
            if cell == cells[-1] and content.get("execution_state") == "idle":
                return list(said.values())
    except queue.Empty:
        raise AssertionError(f"The kernel has said nothing for {CELL_LIMIT:.0f} s.") from None
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
