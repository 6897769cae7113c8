"""The environment that `make` works in: made, found, made again where it no longer fits.

    python -I authoring/environment.py .venv lab     (or dev: what the tests need too)

Any Python 3.10 or newer runs it, with nothing installed. It first asks whether the package index
answers, gives uv what pip's own configuration says, and lets pip do it where uv cannot. Words may
follow: `named`, where PYTHON names this Python, and `meanwhile`, where nobody waits for bytecode.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import pwd
import re
import shutil
import ssl
import subprocess
import sys
import sysconfig
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

ROOT = Path(__file__).resolve().parents[1]
INPUTS = ("requirements.txt", "constraints.txt", "pyproject.toml")
WANTED = {"lab": ("-r", "requirements.txt"), "dev": ("-c", "constraints.txt", "-e", ".[lab,dev]")}
COMPILED = (
    "workshop litellm reportlab.platypus",
    "ipykernel.kernelapp workshop.checks.first_cell workshop.stage mcp jupyterlab.labapp",
)
"""What is imported for its bytecode, in two halves: nearly every machine has two cores."""
MADE = "made.json"
"""In the environment: where it was made, and with which Python. Its scripts hold absolute paths."""
Done = subprocess.CompletedProcess[str]
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
PATIENCE = 10.0
"""Seconds in which a package index has to answer anything at all."""
# What pip's configuration (https://pip.pypa.io/en/stable/topics/configuration/) is called in uv's
# environment (https://docs.astral.sh/uv/reference/environment/).
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "constraint": "UV_CONSTRAINT",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
}


class SetUpError(Exception):
    """The environment cannot be made; the message says why and what to do."""


def main(arguments: Sequence[str]) -> int:
    """Make the environment that is asked for, or find it. Returns the exit code."""
    venv, kind, *how = arguments
    try:
        set_up(Path(venv).absolute(), kind, how)
        return 0
    except SetUpError as error:
        told = str(error)
    except OSError as error:
        told = f"{error.filename or venv} cannot be used: {error.strerror}."
    except KeyboardInterrupt:
        return 130
    print(f"✗ {told}", file=sys.stderr)
    return 1


def set_up(venv: Path, kind: str, how: Sequence[str]) -> None:
    """Make the environment fit for `kind`, one of `WANTED`; where it does, nothing is done."""
    inputs = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in INPUTS)).hexdigest()
    reason = why_anew(venv, "named" in how)
    stamp = venv / f".{kind}"
    if not reason and stamp.exists() and stamp.read_text() == inputs:
        return
    refuse_what_cannot_be_written(venv)
    with tempfile.TemporaryDirectory(prefix="uv-") as folder:
        # uv is a single program, which survives here that its environment is made anew.
        kept = Path(folder) / "uv"
        with contextlib.suppress(OSError):
            shutil.copy2(venv / "bin" / "uv", kept)
        if reason:
            print(f"{reason} Setting up with Python {VERSION}.", flush=True)
            _make(venv)
        works = _run([str(kept), "--version"]).returncode == 0
        install(venv, WANTED[kind], kept if works else None)
    _write_bytecode(str(venv / "bin" / "python"), wait="meanwhile" not in how)
    # A stamp is written last, so a set-up that was interrupted is simply done again.
    for name in {kind, "lab"}:  # dev has all that lab has
        (venv / f".{name}").write_text(inputs)


def why_anew(venv: Path, python_is_named: bool = False) -> str:
    """Why an environment has to be made anew, as a sentence; empty where it will do."""
    name = venv.name
    if not venv.exists():
        return f"There is no {name} yet."
    try:
        made = json.loads((venv / MADE).read_text())
        place, version = made["place"], made["python"]
    except (OSError, ValueError, KeyError, TypeError):
        return f"{name} is half made, or was not made by this Makefile."
    if place != os.path.realpath(venv):
        return f"This folder was moved: {name} was made in {Path(place).parent}."
    question = "import sys, encodings; print('%d.%d' % sys.version_info[:2])"
    if (done := _run([str(venv / "bin" / "python"), "-I", "-c", question])).returncode:
        return f"The Python of {name} is gone."
    if (now := done.stdout.strip()) != version:
        return f"{name} was made with Python {version}, and its Python is {now} now."
    if python_is_named and version != VERSION:
        return f"PYTHON names Python {VERSION}, and {name} has {version}."
    if not (3, 10) <= tuple(map(int, version.split("."))) <= (3, 14):
        return f"{name} has Python {version}; the workshop needs 3.10 to 3.14."
    return ""


def refuse_what_cannot_be_written(venv: Path) -> None:
    """Say whose a folder is that cannot be written, and who would own what sudo makes."""
    you, owner = _person(os.geteuid()), ROOT.stat().st_uid
    if os.geteuid() == 0 and os.environ.get("SUDO_UID") == str(owner) != "0":
        raise SetUpError(
            f"This is sudo, and {ROOT} belongs to {_person(owner)}: what root makes there, "
            f"{_person(owner)} could not change. Run it again without sudo."
        )
    parts = (venv, ROOT / ".workshop", ROOT / ".env", *ROOT.glob("*.egg-info"))
    for place in (ROOT, *(part for part in parts if part.exists())):
        if os.access(place, os.W_OK):
            continue
        if os.statvfs(place).f_flag & os.ST_RDONLY:
            raise SetUpError(
                f"{place} is on a read-only file system. Copy the workshop to a folder of your "
                f"own, and run make there: cp -r '{ROOT}' ~/workshop"
            )
        raise SetUpError(
            f"You are {you}, and {place} belongs to {_person(place.stat().st_uid)}. "
            f"Make it yours: sudo chown -R {you} '{ROOT}'"
        )


def install(venv: Path, wanted: Sequence[str], uv: Path | None) -> None:
    """Install what is wanted: by uv, else by pip. Without an index, from what uv has kept."""
    python = str(venv / "bin" / "python")
    settings = pip_settings(python)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    by_uv = ["pip", "install", "--python", python, "--quiet", *wanted]
    known = {**os.environ, **for_uv(settings)}
    if silence := why_nothing_answers(settings):
        if uv is None or _run([str(uv), *by_uv, "--offline"], known).returncode:
            raise SetUpError(silence)
        shutil.copy2(uv, venv / "bin")
        print("No package index answers; everything was here already.", flush=True)
        return
    if uv is None:
        _run([*pip, "-c", "constraints.txt", "uv"])
        uv = venv / "bin" / "uv"
    # With itself, so that the next set-up finds it, also without a network.
    if (done := _run([str(uv), *by_uv, "uv"], known)).returncode:
        print(f"uv cannot install it, so pip does: {_last(done.stderr)}", flush=True)
        if subprocess.run([*pip, *wanted], cwd=ROOT).returncode:
            raise SetUpError(
                "Neither uv nor pip could install the packages; pip's words are above. "
                "An index or a certificate of your own: `pip config list` shows what pip uses."
            )


def pip_settings(python: str) -> dict[str, str]:
    """What pip is told by its files and PIP_ variables, and the index that is its own."""
    question = """
from pip._internal.cli.main import main
from pip._internal.models.index import PyPI
print(PyPI.simple_url, flush=True)
main(["--disable-pip-version-check", "config", "list"])
"""
    own, _, listed = _run([python, "-c", question]).stdout.partition("\n")
    settings = {"index-url": own}
    for section in ("global", "install", ":env:"):
        for key, value in re.findall(rf"^{section}\.([\w-]+)=(.+)$", listed, re.MULTILINE):
            settings[key] = str(ast.literal_eval(value))
    return settings


def for_uv(settings: Mapping[str, str]) -> dict[str, str]:
    """The same for uv, as variables of the environment; what is set there already stays."""
    known = {}
    for key in (key for key in UV_NAMES if settings.get(key)):
        between = "," if key == "find-links" else " "
        known[UV_NAMES[key]] = between.join(settings[key].split())
    if "UV_INDEX" in known:
        known["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # as pip: the best of all indexes
    # pip trusts what this machine trusts, so a company's certificate is known to both.
    known["UV_SYSTEM_CERTS"] = "1"
    return {name: value for name, value in known.items() if not os.environ.get(name)}


def why_nothing_answers(settings: Mapping[str, str]) -> str:
    """Why nothing can be fetched, as a sentence; empty where some index answers."""
    places = [] if settings.get("no-index") else [settings["index-url"]]
    places += settings.get("extra-index-url", "").split()
    remote = [url for url in map(urlsplit, places) if url.scheme in ("http", "https")]
    if not remote:  # packages of this machine alone
        return ""
    trusting = ssl._create_unverified_context()  # nothing is told or believed here
    proxy = settings.get("proxy")
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=trusting),
        urllib.request.ProxyHandler({"http": proxy, "https": proxy} if proxy else None),
    )
    reasons = {}

    def ask(url: SplitResult) -> None:
        address = f"{url.scheme}://{url.netloc.rpartition('@')[2]}/"
        try:
            with contextlib.suppress(urllib.error.HTTPError):  # whatever it says, it is there
                question = urllib.request.Request(address, method="HEAD")
                opener.open(question, timeout=PATIENCE).close()
            reasons[url] = ""
        except (OSError, ValueError) as error:
            reasons[url] = str(getattr(error, "reason", error)) or type(error).__name__

    # Threads that nobody waits for: looking a name up knows no limit.
    asked = [threading.Thread(target=ask, args=(url,), daemon=True) for url in remote]
    for thread in asked:
        thread.start()
    for thread in asked:
        thread.join(PATIENCE + 1)
    if "" in reasons.values():
        return ""
    reason = reasons.get(remote[0], f"no answer in {PATIENCE:.0f} s")
    return (
        f"No network: the package index at {remote[0].hostname} cannot be reached "
        f"({reason}). They are fetched once, so make this work once: a proxy goes in HTTPS_PROXY, "
        "an index of your own in pip's configuration (pip config set global.index-url …)."
    )


def _make(venv: Path) -> None:
    bundled = f"{sysconfig.get_path('stdlib')}/ensurepip/_bundled"
    shared = sysconfig.get_config_var("WHEEL_PKG_DIR") or bundled  # of Debian and Fedora
    wheels = [wheel for place in (shared, bundled) for wheel in Path(place).glob("pip-*.whl")]
    if not wheels:
        raise SetUpError(
            f"Python {VERSION} is here, but its venv module is missing. "
            "On Debian and Ubuntu: sudo apt install python3-venv"
        )
    # Not the Python of the environment that is cleared, but the one behind it.
    python = getattr(sys, "_base_executable", sys.executable)
    if (done := _run([python, "-m", "venv", "--clear", "--without-pip", str(venv)])).returncode:
        raise SetUpError(f"{venv} cannot be made: {_last(done.stdout + done.stderr)}")
    # pip as its wheel has it; ensurepip would install it from there, and compile it, for 3 s.
    libraries = venv / "lib" / f"python{VERSION}" / "site-packages"
    shutil.unpack_archive(wheels[0], libraries, "zip")
    for name in ("pip", "pip3"):
        script = venv / "bin" / name
        script.write_text('#!/bin/sh\nexec "$(dirname "$0")/python" -m pip "$@"\n')
        script.chmod(0o755)
    (venv / MADE).write_text(json.dumps({"place": os.path.realpath(venv), "python": VERSION}))


def _write_bytecode(python: str, wait: bool) -> None:
    """Import what a kernel imports: some may write no bytecode, and then find it there."""
    question = f"""
import contextlib, importlib, os, sys
os.nice({0 if wait else 5})
for name in sys.argv[1].split():
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
"""
    known, no = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}, subprocess.DEVNULL
    lines = [[python, "-c", question, names] for names in COMPILED]
    both = [subprocess.Popen(x, cwd=ROOT, env=known, stdin=no, stdout=no, stderr=no) for x in lines]
    for one in both if wait else ():
        one.wait()


def _run(line: Sequence[str], known: Mapping[str, str] | None = None) -> Done:
    """Run a program here and keep what it says; one that is not there has failed."""
    try:
        return subprocess.run(line, cwd=ROOT, env=known, capture_output=True, errors="replace")
    except OSError as error:
        return Done(line, 1, "", str(error))


def _person(number: int) -> str:
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return str(number)


def _last(said: str) -> str:
    """The last words of a program, in one line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
