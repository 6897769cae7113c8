"""A full disk that is real: what fits is written, the next byte is refused, and it ends."""

from __future__ import annotations

import errno
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import room as rooms

from workshop.breaking.full_disk import full_disk
from workshop.core.errors import WorkshopError
from workshop.toolbox.report import whole_file

LIMIT = resource.RLIMIT_FSIZE


def test_a_file_ends_at_the_limit_and_the_error_is_the_systems(tmp_path: Path) -> None:
    half = tmp_path / "half"
    with pytest.raises(OSError, match="File too large") as refused, full_disk(100):
        half.write_bytes(b"x" * 1000)
    assert refused.value.errno == errno.EFBIG
    assert half.stat().st_size == 100


def test_afterwards_files_may_grow_again_also_after_an_error(tmp_path: Path) -> None:
    before = resource.getrlimit(LIMIT)
    with pytest.raises(KeyError), full_disk(100):
        raise KeyError
    assert resource.getrlimit(LIMIT) == before
    (tmp_path / "whole").write_bytes(b"x" * 1000)
    assert (tmp_path / "whole").stat().st_size == 1000


def test_what_fits_is_written_and_files_that_exist_stay(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * 1000)
    with full_disk(100):
        (tmp_path / "small").write_bytes(b"x" * 100)
        assert large.read_bytes() == b"x" * 1000
    assert (tmp_path / "small").stat().st_size == 100


def test_whole_file_leaves_nothing_and_an_earlier_file_whole(tmp_path: Path) -> None:
    with whole_file("report", tmp_path) as path:
        path.write_bytes(b"earlier")
    with pytest.raises(OSError), full_disk(100), whole_file("report", tmp_path) as path:
        path.write_bytes(b"x" * 1000)
    assert [p.name for p in tmp_path.iterdir()] == ["report.pdf"]
    assert (tmp_path / "report.pdf").read_bytes() == b"earlier"


def test_one_in_another_takes_the_smaller_room(tmp_path: Path) -> None:
    with full_disk(50), full_disk(100), pytest.raises(OSError):
        (tmp_path / "file").write_bytes(b"x" * 60)


@pytest.mark.parametrize("room", [-1, 1.5, True, "4 kB", None])
def test_what_is_no_number_of_bytes_is_told(room: object) -> None:
    with pytest.raises(WorkshopError, match="takes bytes"), full_disk(room):  # type: ignore[arg-type]
        pass


HISTORY = """
from IPython.core.interactiveshell import InteractiveShell
from workshop.breaking.full_disk import full_disk
shell = InteractiveShell.instance()
for number in range(300):
    shell.history_manager.store_inputs(number + 1, "x = " + "'long'" * 100)
    if number % 20 == 0:
        with full_disk(10):
            pass
shell.history_manager.writeout_cache()
print(len(list(shell.history_manager.get_range())))
"""


def test_the_history_of_ipython_is_not_hit(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HISTORY],
        env=rooms.environment(tmp_path, IPYTHONDIR=str(tmp_path / "ipython")),
        cwd=rooms.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "300", done.stdout + done.stderr
    assert "error" not in (done.stdout + done.stderr).lower(), done.stdout + done.stderr
