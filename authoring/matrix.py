"""The tests on other Pythons, and the finished lessons on Colab's kernel (`make test-matrix`).

    python -m authoring.matrix               everything
    python -m authoring.matrix 3.12 colab    some of it

Each Python has an environment of its own under `.venvs/`; one that is not installed is said and
left out. Colab's is made from its kernel's pins and from nothing else: its first cell installs the
rest, as a learner's does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from authoring import build, notebooks
from workshop import processes, temporal_service
from workshop.practice_model import process
from workshop.settings import ROOT
from workshop.site import process as site

VERSIONS = ("3.10", "3.12", "3.13", "3.14")
"""Besides the one that `make test` uses."""
COLAB_PYTHON = "3.13"
# August 2026; `!pip list` in a new Colab notebook tells today's.
COLAB_KERNEL = {
    "ipykernel": "6.17.1",
    "ipython": "7.34.0",
    "tornado": "6.5.7",
    "protobuf": "5.29.6",
    "pydantic": "2.13.4",
}
CONTENT = Path("/content")
"""Where Colab keeps a learner's files."""
STAND_INS = ROOT / "tests" / "stand_ins"
CELL_LIMIT = 180.0
"""Seconds. The first cell clones and installs."""


@dataclass(frozen=True)
class Row:
    """A line of the table at the end."""

    what: str
    passed: bool | None
    """None where it was left out."""
    said: str
    seconds: float = 0.0

    def __str__(self) -> str:
        sign = {True: "✓ passed", False: "✗ failed", None: "– left out"}[self.passed]
        return f"{self.what:<28} {sign:<11} {self.seconds:>6.0f} s  {self.said}"


# --- interpreters ---


def interpreter(version: str) -> Path | None:
    """A Python of this version, from PATH or from pyenv; None where there is none."""
    candidates = [shutil.which(f"python{version}")]
    if pyenv := shutil.which("pyenv"):
        asked = subprocess.run([pyenv, "root"], capture_output=True, text=True, timeout=30)
        folder = Path(asked.stdout.strip() or os.devnull) / "versions"
        found = folder.glob(f"{version}.*/bin/python{version}")
        newest_last = sorted(found, key=lambda p: [int(n) for n in re.findall(r"\d+", str(p))])
        candidates += map(str, newest_last)
    question = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    for candidate in filter(None, reversed(candidates)):
        # A shim of pyenv's is on PATH for versions that are not switched on.
        try:
            said = subprocess.run(
                [candidate, "-c", question], capture_output=True, text=True, timeout=30
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if said.stdout.strip() == version:
            return Path(candidate)
    return None


def _uv(*words: str, environment: Path) -> None:
    """uv, on an environment. Raises subprocess.CalledProcessError where it fails."""
    uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv") or "uv"
    known = {**os.environ, "VIRTUAL_ENV": str(environment)}
    subprocess.run([uv, *words], cwd=ROOT, env=known, check=True)


# --- the tests on other Pythons ---


def tests_on(version: str, arguments: Sequence[str]) -> Row:
    """Make the environment of a version, and run the whole of the tests in it."""
    began = time.monotonic()
    python = interpreter(version)
    if python is None:
        return Row(f"tests on {version}", None, f"there is no Python {version} on PATH or in pyenv")
    environment = ROOT / ".venvs" / version
    print(f"\n--- Python {version} ---", flush=True)
    try:
        if not (environment / "bin" / "python").exists():
            _uv(
                "venv",
                "--quiet",
                "--clear",
                "--python",
                str(python),
                str(environment),
                environment=environment,
            )
        _uv("pip", "install", "--quiet", "-r", "requirements.txt", environment=environment)
        _uv(
            "pip",
            "install",
            "--quiet",
            "-c",
            "constraints.txt",
            "-e",
            ".[lab,dev]",
            environment=environment,
        )
    except subprocess.CalledProcessError as error:
        return Row(f"tests on {version}", False, f"its environment could not be made: {error}")
    line = [str(environment / "bin" / "python"), "-m", "pytest", *arguments]
    known = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    known["PATH"] = os.pathsep.join([str(environment / "bin"), known.get("PATH", "")])
    known["EVERY_NOTEBOOK"] = "1"  # the exercises through all that the lessons go through
    done = subprocess.run(line, cwd=ROOT, env=known, stdout=subprocess.PIPE, text=True)
    print(done.stdout, flush=True)
    last = done.stdout.strip().splitlines()[-1:] or ["no output"]
    return Row(f"tests on {version}", done.returncode == 0, last[0], time.monotonic() - began)


# --- lessons on Colab ---


class _Failed(Exception):
    """What was seen on Colab's kernel is not what a learner should see."""


class Colab:
    """A kernel with Colab's pins, in a machine that looks like Colab as far as lessons look.

    The workshop is not installed in it; the repository's address leads to this repository.
    """

    def __init__(self, folder: Path, repository: str) -> None:
        self.folder, self.repository = folder, repository
        self.environment = ROOT / ".venvs" / "colab"
        self.python = self.environment / "bin" / "python"
        self.state = folder / "state"
        self.name = repository.rpartition("/")[2]

    def make(self) -> None:
        """The environment, anew: the kernel's own packages, pip, and nothing of the workshop."""
        python = interpreter(COLAB_PYTHON)
        if python is None:
            raise _Failed(f"there is no Python {COLAB_PYTHON} on PATH or in pyenv")
        pins = [f"{name}=={version}" for name, version in COLAB_KERNEL.items()]
        _uv(
            "venv",
            "--quiet",
            "--clear",
            "--seed",
            "--python",
            str(python),
            str(self.environment),
            environment=self.environment,
        )
        # Old IPython looks for setuptools when it starts.
        _uv("pip", "install", "--quiet", *pins, "setuptools", environment=self.environment)

    def versions(self) -> dict[str, str]:
        """The kernel's own packages as they are now."""
        question = (
            "import json, sys; from importlib.metadata import version; "
            "print(json.dumps({n: version(n) for n in sys.argv[1:]}))"
        )
        line = [str(self.python), "-c", question, *COLAB_KERNEL]
        said = subprocess.run(line, capture_output=True, text=True, check=True, timeout=60)
        return dict(json.loads(said.stdout))

    def variables(self) -> dict[str, str]:
        """The environment variables of the kernel."""
        temporal, ui, practice = _free_ports(3)
        outside = re.compile(r"(LLM|TEMPORAL|WORKSHOP|OPENAI)_|VIRTUAL_ENV$|PYTHONPATH$|CODESPACE")
        return {
            **{name: value for name, value in os.environ.items() if not outside.match(name)},
            "PATH": os.pathsep.join([str(self.environment / "bin"), os.environ.get("PATH", "")]),
            "PYTHONPATH": str(STAND_INS),
            "IPYTHONDIR": str(self.folder / "ipython"),
            "WORKSHOP_HOME": str(self.state),
            "WORKSHOP_ENV_FILE": str(self.folder / "env"),
            "WORKSHOP_TEMPORAL_PORT": str(temporal),
            "WORKSHOP_UI_PORT": str(ui),
            "WORKSHOP_PRACTICE_PORT": str(practice),
            "WORKSHOP_PRACTICE_DELAY": "0",
            # git clones this repository where a cell names the public one.
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": f"url.{ROOT.as_uri()}.insteadOf",
            "GIT_CONFIG_VALUE_0": self.repository,
            "GIT_CONFIG_KEY_1": "safe.directory",
            "GIT_CONFIG_VALUE_1": "*",
        }

    def end(self) -> None:
        """End what the lesson started."""
        for name in (temporal_service.NAME, process.NAME, site.NAME):
            processes.end(self.state, name)


@contextmanager
def _content(name: str) -> Iterator[tuple[Path, str]]:
    """Colab's folder, and words on it: a temporary one where Colab's own cannot be used."""
    made = not CONTENT.exists()
    try:
        if (CONTENT / name).exists():
            raise FileExistsError(f"{CONTENT / name} is there already")
        CONTENT.mkdir(exist_ok=True)
        probe = CONTENT / f".{name}-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        with tempfile.TemporaryDirectory(prefix="content-") as folder:
            yield Path(folder), f"in a temporary folder, not {CONTENT} ({error})"
        return
    try:
        yield CONTENT, f"in {CONTENT}"
    finally:
        shutil.rmtree(CONTENT / name, ignore_errors=True)
        if made and not any(CONTENT.iterdir()):
            CONTENT.rmdir()


def colab(finished: Sequence[str]) -> Iterator[Row]:
    """Each finished notebook on Colab's kernel, from its committed state."""
    for path in finished:
        began = time.monotonic()
        what = f"Colab, {Path(path).stem.removesuffix('_Solution')[:20]}"
        print(f"\n--- {what}: {path} ---", flush=True)
        with tempfile.TemporaryDirectory(prefix="colab-") as folder:
            machine = Colab(Path(folder), _repository(path))
            try:
                with _content(machine.name) as (content, words):
                    said = asyncio.run(_run(machine, path, content))
                yield Row(what, True, f"{said}, {words}", time.monotonic() - began)
            except (_Failed, subprocess.CalledProcessError) as error:
                print(error)
                yield Row(what, False, str(error).splitlines()[0], time.monotonic() - began)
            finally:
                machine.end()


async def _run(machine: Colab, path: str, content: Path) -> str:
    """Run All on Colab's kernel. Returns what was seen, in words."""
    machine.make()
    before = machine.versions()
    if before != COLAB_KERNEL:
        raise _Failed(f"the kernel is not Colab's: {before}")
    notebook = notebooks.read(_committed(path))
    sources = [
        cell.source.replace(str(CONTENT), str(content)) for cell in notebooks.code_cells(notebook)
    ]
    answers = await asyncio.wait_for(_run_all(machine, content, [*sources, _AFTERWARDS]), 900)
    for number, (source, answer) in enumerate(zip([*sources, _AFTERWARDS], answers, strict=True)):
        if answer.status != "ok":
            raise _Failed(f"cell {number + 1} of {len(sources)}: {answer}\n{source}")
    if "asyncio.run works" not in answers[-1].text:
        raise _Failed(f"asyncio.run does not work in a cell: {answers[-1].text}")
    if f"from {content / machine.name}" not in answers[-1].text:
        raise _Failed(f"the workshop was not cloned and installed: {answers[-1].text}")
    if "colab.example" not in "".join(answer.text for answer in answers):
        raise _Failed("no link to the Web UI goes through Colab's proxy")
    if (after := machine.versions()) != before:
        raise _Failed(f"installing changed the kernel's packages: {before} became {after}")
    return f"{len(sources)} cells ran, kernel's packages unchanged, asyncio.run works"


_AFTERWARDS = """
import asyncio, os, workshop
async def _said():
    await asyncio.sleep(0)
    return "works"
print("asyncio.run", asyncio.run(_said()), "in", os.getcwd(), "from", workshop.__file__)
"""


@dataclass
class _Answer:
    """What a cell of a Run All came to."""

    status: str = "never ran"
    text: str = ""

    def __str__(self) -> str:
        return f"{self.status}\n{self.text[-3000:]}"


async def _run_all(machine: Colab, content: Path, sources: Sequence[str]) -> list[_Answer]:
    """Send all cells at once, as Run All does, and wait until the last has answered."""
    manager = AsyncKernelManager(kernel_name="colab")
    imports = "--IPKernelApp.exec_lines=['import google.colab']"
    # Colab has imported its own package before the first cell runs.
    manager._kernel_spec = KernelSpec(
        argv=[str(machine.python), "-m", "ipykernel_launcher", "-f", "{connection_file}", imports],
        display_name="Colab",
        language="python",
    )
    log = machine.folder / "kernel.log"
    with log.open("w") as stream:
        await manager.start_kernel(
            env=machine.variables(), cwd=str(content), stdout=stream, stderr=stream
        )
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        answers = {
            client.execute(source, allow_stdin=False, stop_on_error=True): _Answer()
            for source in sources
        }
        last = next(reversed(answers))
        await asyncio.gather(_replies(client, answers, last), _texts(client, answers, last))
        return list(answers.values())
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


async def _replies(client: Any, answers: dict[str, _Answer], last: str) -> None:
    while True:
        reply = await client.get_shell_msg(timeout=CELL_LIMIT)
        to = reply["parent_header"].get("msg_id")
        if to in answers:
            answers[to].status = reply["content"]["status"]
        if to == last:
            return


async def _texts(client: Any, answers: dict[str, _Answer], last: str) -> None:
    while True:
        message = await client.get_iopub_msg(timeout=CELL_LIMIT)
        to, content = message["parent_header"].get("msg_id"), message["content"]
        if to in answers:
            data = content.get("data", {})
            texts = [content.get("text"), data.get("text/plain"), *content.get("traceback", [])]
            answers[to].text += "\n".join(t for t in texts if t)
            if to == last and content.get("execution_state") == "idle":
                return


def _committed(path: str) -> str:
    """The file as it is in HEAD, for that is what the first cell clones."""
    line = ["git", "show", f"HEAD:{path}"]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _repository(path: str) -> str:
    """The address that the notebook's first cell clones."""
    first = notebooks.code_cells(notebooks.read(_committed(path)))[0].source
    found = re.search(r'"clone",.*?"(https://[^"]+)"', first)
    if not found:
        raise _Failed(f"the first cell of {path} clones nothing")
    return found[1]


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line. Returns the exit code: 0, or 1 where something failed."""
    parser = argparse.ArgumentParser(
        prog="python -m authoring.matrix",
        description="The tests on other Pythons, and the finished lessons on Colab's kernel.",
    )
    parser.add_argument(
        "chosen", nargs="*", metavar="WHAT", help=f"{', '.join(VERSIONS)}, colab; without: all"
    )
    parser.add_argument("--pytest", default="-n 3", help="how pytest is called (%(default)s)")
    asked = parser.parse_args(arguments)
    chosen = asked.chosen or [*VERSIONS, "colab"]
    if unknown := set(chosen) - {*VERSIONS, "colab"}:
        parser.error(f"There is no {', '.join(sorted(unknown))}.")
    rows = [tests_on(version, asked.pytest.split()) for version in VERSIONS if version in chosen]
    if "colab" in chosen:
        built = build.derive(ROOT)
        lessons = [path for path in built.finished if path.startswith("Solutions_")]
        rows += colab(lessons)
    print("\n" + "\n".join(map(str, rows)))
    return 1 if any(row.passed is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
