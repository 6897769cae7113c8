"""One JupyterLab, as `make lab` starts it, and one Chromium for the tests of this folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import looks
import nbformat
import pytest
import room as rooms
from jupyter_page import LIMIT, Lab
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from steps import pytest_configure as pytest_configure
from steps import pytest_runtest_makereport as pytest_runtest_makereport
from steps import pytest_runtest_setup as pytest_runtest_setup

sys.path.append(str(Path(__file__).resolve().parent.parent / "notebooks"))
from kernels import FINISHED, Room, crashes

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The browser too reaches loopback alone.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
# The command itself, with a copy of the notebooks as the repository that it serves.
LAB = (
    "import sys; from pathlib import Path; from workshop.services import jupyterlab; "
    "jupyterlab.ROOT = Path(sys.argv[1]); jupyterlab.serve(int(sys.argv[2]), browser=False)"
)


def _without_crashes(path: Path) -> None:
    """Take out the cells that kill processes: they last a minute, and test_finished runs them."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not crashes(cell)]
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A Chromium of this machine, or the one that Playwright has fetched."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        names = ("chromium", "chromium-browser", "google-chrome")
        found = next(filter(None, map(shutil.which, names)), own if Path(own).exists() else None)
        if found is None:
            end = pytest.fail if os.environ.get("CI") else pytest.skip
            end("No Chromium was found, so no page was looked at. `make browser` installs one.")
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS, timeout=LIMIT)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on a copy of the notebooks, in a room of its own."""
    folder = tmp_path_factory.mktemp("browser")
    own = {
        name: str(folder / name.lower())
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
        )
    }
    room = Room(folder, own)
    for path in FINISHED:
        _without_crashes(room.tree / path)
    # All cells are in the page at any time, so that a test may look at what is not in view.
    setting = folder / "jupyterlab_settings_dir" / "@jupyterlab" / "notebook-extension"
    setting.mkdir(parents=True)
    (setting / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))
    # JupyterLab saves every two minutes; here every few seconds, so that a test meets it.
    setting = folder / "jupyterlab_settings_dir" / "@jupyterlab" / "docmanager-extension"
    setting.mkdir(parents=True)
    (setting / "plugin.jupyterlab-settings").write_text(json.dumps({"autosaveInterval": 3}))
    (port,) = rooms.free_ports(1)
    log = folder / "lab.log"
    line = [sys.executable, "-c", LAB, str(room.tree), str(port)]
    with log.open("w") as file:
        server = subprocess.Popen(
            line, env=room.env, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    try:
        printed = rooms.until(
            lambda: (
                server.poll() is not None
                or re.search(r"http://127\.0\.0\.1:\S+token=\w+", log.read_text())
            ),
            "the address that JupyterLab prints",
            limit=300,  # or until the process ends
        )
        assert isinstance(printed, re.Match), log.read_text()
        yield Lab(room.tree, printed[0])
        assert not room.refused(), f"reached beyond the room: {room.refused()}"
    finally:
        server.terminate()  # it ends its kernels
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        room.close()


@pytest.fixture(scope="module")
def asked() -> list[tuple[str, str]]:
    """What the pages have asked of other machines: the page's address and the one it asked for."""
    return []


@pytest.fixture(scope="module")
def window(
    chromium: Browser, asked: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """A browser window; every request of its pages is looked at."""

    def note(page: str, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        own = parts.scheme in ("data", "blob", "about")
        if not own and parts.hostname not in ("localhost", "127.0.0.1"):
            asked.append((page, url))

    looks.pictures = Path(os.environ.get("PICTURES") or tmp_path_factory.mktemp("pictures"))
    context = chromium.new_context(
        viewport={"width": looks.WIDE, "height": 900},
        device_scale_factor=1.5 if "PICTURES" in os.environ else 1,
        locale="en-US",
    )
    context.on("request", lambda request: note(request.headers.get("referer", ""), request.url))
    context.on("page", lambda page: page.on("websocket", lambda socket: note(page.url, socket.url)))
    context.set_default_timeout(LIMIT)
    yield context
    context.close()
