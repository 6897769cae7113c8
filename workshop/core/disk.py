"""The workshop's place on the disk: made, its owner's alone, and told in words where it is not."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from workshop.core.errors import WorkshopError

DEFAULT = ".workshop"
"""The name of a folder that is the workshop's whole; under another name it may hold other files."""
ROOM = 32 * 1024**2
"""Bytes that have to be free before a server starts: a database that is cut off while it is made
cannot be opened again."""


class DiskError(WorkshopError):
    """The operating system refuses a file or a folder."""


def ready(home: Path, *, room: int = 0) -> Path:
    """Make the workshop's folder, or find it, and return it when files can be written there.

    A folder that is made here is its owner's alone (mode 700); so is one of the default name.

    Args:
        room: bytes that have to be free there.

    Raises:
        DiskError: it cannot be made or written, or has too little room, and what to do.

    https://docs.python.org/3/library/pathlib.html#pathlib.Path.mkdir
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise refused(error, home) from None
    if home.name == DEFAULT:
        keep_private(home)
    if problem := trouble(home, room=room):
        raise problem
    return home


def write_whole(file: Path, text: str) -> None:
    """Write a file beside its place and rename it there: nobody reads half of it.

    It is its owner's alone. A full disk leaves the earlier one.

    Raises:
        OSError: it cannot be written.
    """
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(draft).replace(file)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def trouble(path: Path, *, room: int = 0, setting: str = "WORKSHOP_HOME") -> DiskError | None:
    """Why a file or folder of ours could not be read and written, found without making it.

    Args:
        room: bytes that have to be free there.
        setting: what names another place for it.

    Returns:
        The error that `ready` would raise; None where all is well.
    """
    place, number = _there(path), 0
    if not os.access(place, os.R_OK | os.W_OK | (os.X_OK if place.is_dir() else 0)):
        read_only = os.statvfs(place).f_flag & os.ST_RDONLY
        number = errno.EROFS if read_only else errno.EACCES
    elif not place.is_dir() and place != path.absolute():
        number = errno.ENOTDIR
    elif free(place) < room:
        number = errno.ENOSPC
    if number:
        return refused(OSError(number, os.strerror(number), str(path)), path, setting=setting)
    return None


def refused(error: OSError, path: Path, *, setting: str = "WORKSHOP_HOME") -> DiskError:
    """What the operating system refused, in words: what it is about, whose it is, what to do.

    Args:
        path: what was to be read or written, where the error does not name it.
    """
    named = Path(os.fsdecode(error.filename)) if isinstance(error.filename, (str, bytes)) else path
    place = _there(named)
    another = f"set {setting} to a place of your own."
    what = f"{named} cannot be used: {place}" if place != named else f"{named}"
    do, expected = f"Look at that path, or {another}", ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        saw = f"The disk is full: {free(named) / 1024**2:.0f} MiB are free for {named}."
        expected = f"The workshop needs at least {ROOM // 1024**2} MiB."
        do = f"Make room and run this again, or {another}"
    elif error.errno == errno.EROFS:
        saw = f"{named} cannot be written: its file system is read-only."
        do = f"Copy the workshop to a folder of your own, or {another}"
    elif error.errno in (errno.EACCES, errno.EPERM) and owner_of(place) != your_name():
        saw = f"{what} belongs to {owner_of(place)}, and you are {your_name()}."
        do = f"Run `{chown(place)}`, or {another}"
    elif error.errno in (errno.EACCES, errno.EPERM) and not os.access(place, os.R_OK | os.W_OK):
        saw = f"{what} is yours, but its mode keeps you out."
        do = f"Run `chmod -R u+rwX '{place}'`, or {another}"
    else:
        reason = f"{place} is a file" if place != named and place.is_file() else error.strerror
        saw = f"{named} cannot be used: {reason}."
    return DiskError(saw, expected, do)


def chown(path: Path) -> str:
    """The command that makes a file or folder yours."""
    return f"sudo chown -R {your_name()} '{path}'"


def free(folder: Path) -> int:
    """Free bytes where a folder is, or will be."""
    return shutil.disk_usage(_there(folder)).free


def keep_private(path: Path) -> None:
    """Take everybody's rights but yours from a file or folder of yours."""
    with suppress(OSError):
        found = path.lstat()
        yours = found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode)
        if yours and found.st_mode & 0o077:
            path.chmod(stat.S_IMODE(found.st_mode) & 0o700)


def open_to_others(path: Path) -> bool:
    """Whether people other than its owner have a right to a file or folder; False for none."""
    try:
        return bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


def owner_of(path: Path) -> str:
    """Who owns a file or folder, by name or number."""
    return _name(path.stat().st_uid)


def your_name() -> str:
    """Who runs this process, by name or number."""
    return _name(os.geteuid())


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _there(path: Path) -> Path:
    """The path, or the closest folder above it that is there."""
    for place in (path.absolute(), *path.absolute().parents):
        with suppress(OSError):
            place.lstat()
            return place
    return Path("/")
