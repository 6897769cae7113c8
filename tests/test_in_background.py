"""A library that loads beside the cells: waited for by who needs it, ended with the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from room import ROOT

SLOW = """\
import threading, time
from pathlib import Path
Path("began").touch()
end = time.monotonic() + 60
program = threading.main_thread()
while program.is_alive() and time.monotonic() < end and not Path("go").exists():
    time.sleep(0.01)
import wave  # asked for by nobody before
Path("whole").touch()
word = "there"
"""


def run(folder: Path, lines: str) -> subprocess.Popen[str]:
    (folder / "slow_library.py").write_text(SLOW)
    code = (
        f"import sys, time; sys.path[:0] = [{str(ROOT)!r}, '.']\n"
        "from pathlib import Path\n"
        "from workshop.kernel import in_background\n"
        "thread = in_background.load('slow_library')\n"
        "while not Path('began').exists(): time.sleep(0.01)\n"
        f"{lines}"
    )
    line = [sys.executable, "-c", code]
    return subprocess.Popen(line, cwd=folder, text=True, stdout=-1, stderr=-1)


def test_an_import_in_a_cell_waits_until_it_is_whole(tmp_path: Path) -> None:
    lines = (
        "import threading\n"
        "threading.Timer(0.1, Path('go').touch).start()\n"
        "assert in_background.load('slow_library') is None  # it is on its way\n"
        "import slow_library\n"
        "thread.join()\n"
        "print(slow_library.word, len(sys.meta_path) == before)\n"
    )
    process = run(tmp_path, f"before = len(sys.meta_path) - 1\n{lines}")
    assert process.communicate(timeout=60) == ("there True\n", "")


def test_a_program_that_ends_meanwhile_ends_in_silence(tmp_path: Path) -> None:
    process = run(tmp_path, "print('end')\n")
    assert process.communicate(timeout=60) == ("end\n", "")
    assert process.returncode == 0 and not (tmp_path / "whole").exists()


def test_a_library_that_cannot_be_loaded_is_told_by_the_cell_that_needs_it(tmp_path: Path) -> None:
    lines = "in_background.load('no_such_library').join(); print('fine')\nimport no_such_library\n"
    (tmp_path / "go").touch()
    said, told = run(tmp_path, lines).communicate(timeout=60)
    assert said == "fine\n" and told.count("ModuleNotFoundError") == 1


def test_calls_are_counted_once_it_is_there_and_no_cell_waits_for_that() -> None:
    lines = (
        "import sys, time; from workshop.kernel.in_background import load\n"
        "from workshop.watching.metering import attach\n"
        "loading = load('litellm')\n"
        "while 'litellm' not in sys.modules: time.sleep(0.001)\n"
        "print(attach(), loading.is_alive())\n"
        "loading.join(); print(attach())"
    )
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["False", "True", "True"]
