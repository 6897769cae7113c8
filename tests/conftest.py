"""Rooms for tests: no test touches a learner's services, state, settings or key."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import loopback
import room as rooms

loopback.install()

# Before anything of the workshop reads them: a learner's own key must not reach a test.
for name in list(os.environ):
    if name.startswith(("LLM_", "TEMPORAL_", "WORKSHOP_")) and name != rooms.NURSERY:
        del os.environ[name]
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
# A person's own profiles for the SDK lie in a folder of theirs: tests have none.
os.environ["TEMPORAL_CONFIG_FILE"] = os.devnull
# Where a test has no room of its own: the settings' file in the repository is the learner's.
_settings = tempfile.TemporaryDirectory(prefix="settings-")
os.environ["WORKSHOP_ENV_FILE"] = f"{_settings.name}/env"


_nursery = pytest.StashKey[subprocess.Popen[bytes]]()


def pytest_configure(config: pytest.Config) -> None:
    """One process for all test processes that forks what starts slowly: tests/startup/forked.py.

    WORKSHOP_TEST_NURSERY=none has everything started as ever.
    """
    if sys.platform != "linux" or rooms.NURSERY in os.environ:
        return
    folder = tempfile.TemporaryDirectory(prefix="nursery-")
    os.environ[rooms.NURSERY] = address = f"{folder.name}/socket"
    if config.getoption("tx", None):  # what `pytest -n` starts finds the nursery as well
        os.environ["PYTHONPATH"] = os.pathsep.join(
            [str(rooms.STARTUP), os.environ.get("PYTHONPATH", "")]
        )
    line = [sys.executable, str(rooms.STARTUP / "forked.py"), address]
    nursery = config.stash[_nursery] = subprocess.Popen(line, stdin=subprocess.PIPE)

    def close() -> None:
        assert nursery.stdin
        nursery.stdin.close()  # it ends, and all that it forked
        nursery.wait(10)
        folder.cleanup()
        del os.environ[rooms.NURSERY]

    config.add_cleanup(close)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What it had forked ended with it; whatever the tests say of that, this is why."""
    nursery = session.config.stash.get(_nursery, None)
    if nursery and (code := nursery.poll()) is not None:
        print(f"\nThe process that forks for the tests ended in their middle: exit code {code}.")
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR


@pytest.fixture(autouse=True)
def loopback_alone() -> Iterator[list[str]]:
    """Fail a test that reached beyond loopback, even where the refusal was swallowed."""
    loopback.violations.clear()
    yield loopback.violations
    assert not loopback.violations, f"reached beyond loopback: {loopback.violations}"


@pytest.fixture(autouse=True)
def namespace_of_its_own() -> Iterator[None]:
    """`begin` tells its kernel how to connect; a test must not tell it to the next one."""
    yield
    from workshop.core import temporal_config

    for name in {*temporal_config._told, "TEMPORAL_NAMESPACE"} - {"TEMPORAL_CONFIG_FILE"}:
        os.environ.pop(name, None)
    temporal_config.keep(list(temporal_config._told))


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A room for this process; what is started in it is ended with it."""
    env = rooms.environment(tmp_path)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    yield env
    rooms.end_all(tmp_path / "state")


@pytest.fixture(scope="module")
def running_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A room with a Temporal Service and a practice model, shared by a module's tests."""
    home = tmp_path_factory.mktemp("room")
    env = rooms.environment(home)
    done = rooms.workshop("up", env=env)
    assert done.returncode == 0, done.stderr
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        yield env
    rooms.end_all(home / "state")
