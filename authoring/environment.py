"""The environment that `make` works in: made, found, made again where it no longer fits.

    python -I authoring/environment.py .venv lab     what a learner needs
    python -I authoring/environment.py .venv dev     what the tests need too

Any Python 3.10 or newer runs it, with nothing installed. It asks before anything is fetched
whether the package index answers, gives uv what pip's own configuration says, and lets pip do it
where uv cannot.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import pwd
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
INPUTS = ("requirements.txt", "constraints.txt", "pyproject.toml")
WANTED = {
    "lab": ("-r", "requirements.txt"),
    "dev": ("-c", "constraints.txt", "-e", ".[lab,dev]"),
}
MADE = "made.json"
"""In the environment: where it was made, and with which Python. Its scripts hold absolute paths."""
PATIENCE = 10.0
"""Seconds in which a package index has to answer anything at all."""
# Imported once while bytecode may be written: a kernel that may not write any finds it there.
IMPORTED = (
    "workshop",
    "litellm",
    "reportlab.platypus",
    "sqlalchemy",
    "mcp",
    "ipykernel.kernelapp",
    "jupyterlab.labapp",
)
# What pip's configuration is called in uv's environment, and what stands between several values.
# https://pip.pypa.io/en/stable/topics/configuration/
# https://docs.astral.sh/uv/reference/environment/
UV_NAMES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "constraint": ("UV_CONSTRAINT", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "client-cert": ("SSL_CLIENT_CERT", " "),
    "proxy": ("ALL_PROXY", " "),
}


class SetUpError(Exception):
    """The environment cannot be made; the message says why and what to do."""


def main(arguments: Sequence[str]) -> int:
    """Make the environment that is asked for, or find it. Returns the exit code."""
    venv, kind, *named = arguments
    try:
        set_up(Path(venv).absolute(), kind, python_is_named=bool(named))
    except SetUpError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    except OSError as error:
        place = os.fsdecode(error.filename) if error.filename else venv
        print(f"✗ {place} cannot be used: {error.strerror or error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def set_up(venv: Path, kind: str, *, python_is_named: bool) -> None:
    """Make the environment fit, in as few steps as that takes; none where it does.

    Args:
        kind: one of `WANTED`.
        python_is_named: PYTHON names this interpreter, so that one of another version will not do.

    Raises:
        SetUpError: it cannot be made.
    """
    inputs = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in INPUTS)).hexdigest()
    stamps = [venv / f".{name}" for name in WANTED if kind in (name, "dev")]
    reason = why_anew(venv, python_is_named)
    if not reason and _text(venv / f".{kind}") == inputs:
        return
    refuse_what_cannot_be_written(venv)
    with _kept_uv(venv) as uv:
        if reason:
            print(f"{reason} Setting up with Python {_version()}.", flush=True)
            _make(venv)
        install(venv, WANTED[kind], uv)
    # A stamp is written last, so a set-up that was interrupted is simply done again.
    for stamp in stamps:
        stamp.write_text(inputs)


def why_anew(venv: Path, python_is_named: bool = False) -> str:
    """Why an environment has to be made anew, as a sentence; empty where it will do."""
    name = venv.name
    if not venv.exists():
        return f"There is no {name} yet."
    try:
        made = json.loads(_text(venv / MADE))
        place, version = made["place"], made["python"]
    except (ValueError, KeyError, TypeError):
        return f"{name} is half made, or was not made by this Makefile."
    if place != os.path.realpath(venv):
        return f"This folder was moved: {name} was made in {Path(place).parent}."
    question = "import sys, encodings; print('%d.%d' % sys.version_info[:2])"
    try:
        said = subprocess.run(
            [venv / "bin" / "python", "-I", "-c", question], capture_output=True, check=True
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        return f"The Python of {name} is gone."
    if said.strip() != version:
        return f"{name} was made with Python {version}, and its Python is {said.strip()} now."
    if python_is_named and version != _version():
        return f"PYTHON names Python {_version()}, and {name} has {version}."
    if not (3, 10) <= tuple(map(int, version.split("."))) <= (3, 14):
        return f"{name} has Python {version}; the workshop needs 3.10 to 3.14."
    return ""


def refuse_what_cannot_be_written(venv: Path) -> None:
    """Say whose a folder is that cannot be written, and who would own what sudo makes.

    Raises:
        SetUpError: with the command that helps.
    """
    you = _person(os.geteuid())
    owner = ROOT.stat().st_uid
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
    """Install what is wanted: by uv, else by pip. Without an index, from what uv has kept.

    Raises:
        SetUpError: no index answers, or neither can install it.
    """
    python = str(venv / "bin" / "python")
    index = Index.of(python)
    quietly = ["--quiet", "--disable-pip-version-check"]
    by_uv = ["pip", "install", "--python", python, "--quiet", *wanted]
    known = {**os.environ, **index.for_uv()}
    if silence := index.silence():
        offline = [str(uv), *by_uv, "--offline"]
        if (
            uv is None
            or subprocess.run(offline, cwd=ROOT, env=known, capture_output=True).returncode
        ):
            raise SetUpError(silence)
        shutil.copy2(uv, venv / "bin")
        print("No package index answers; everything was here already.", flush=True)
    else:
        if uv is None:
            line = [python, "-m", "pip", "install", *quietly, "-c", "constraints.txt", "uv"]
            subprocess.run(line, cwd=ROOT, capture_output=True)
            uv = venv / "bin" / "uv"
        said = ""
        try:
            # With itself, so that the next set-up finds it, also without a network.
            done = subprocess.run(
                [str(uv), *by_uv, "uv"], cwd=ROOT, env=known, stderr=subprocess.PIPE
            )
            said = done.stderr.decode(errors="replace").strip()
            failed = done.returncode != 0
        except OSError as error:
            failed, said = True, str(error)
        if failed:
            print(f"uv cannot install it, so pip does: {_last(said)}", flush=True)
            by_pip = [python, "-m", "pip", "install", *quietly, *wanted]
            if subprocess.run(by_pip, cwd=ROOT).returncode:
                raise SetUpError(
                    "Neither uv nor pip could install the packages; pip's words are above. "
                    "An index or a certificate of your own: `pip config list` shows what pip uses."
                )
    _write_bytecode(python)


@dataclass(frozen=True)
class Index:
    """Where pip's own configuration says that packages come from."""

    default: str
    """The index that pip uses where nothing is configured; empty where it does not say."""
    settings: dict[str, str]
    """What is configured: files and PIP_ variables together, as `pip config list` shows it."""

    @classmethod
    def of(cls, python: str) -> Index:
        """What the pip of an environment uses."""
        line = [python, "-m", "pip", "--disable-pip-version-check", "config", "list"]
        listed = subprocess.run(line, capture_output=True, text=True).stdout
        found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
        for text in listed.splitlines():
            name, _, value = text.partition("=")
            section, _, key = name.rpartition(".")
            if section in found:
                with contextlib.suppress(ValueError, SyntaxError):
                    found[section][key] = str(ast.literal_eval(value))
        question = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
        default = subprocess.run([python, "-c", question], capture_output=True, text=True).stdout
        return cls(default.strip(), {**found["global"], **found["install"], **found[":env:"]})

    def for_uv(self) -> dict[str, str]:
        """The same for uv, as variables of the environment; what is set there already stays."""
        known = {
            variable: between.join(self.settings[key].split())
            for key, (variable, between) in UV_NAMES.items()
            if self.settings.get(key)
        }
        if "UV_INDEX" in known:
            known["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # as pip: the best of all indexes
        # pip trusts what this machine trusts, so a company's certificate is known to both.
        known["UV_SYSTEM_CERTS"] = "1"
        return {name: value for name, value in known.items() if not os.environ.get(name)}

    def silence(self) -> str:
        """Why nothing can be fetched, as a sentence; empty where some index answers."""
        places = [self.settings.get("index-url") or self.default]
        if self.settings.get("no-index"):
            places = []
        places += self.settings.get("extra-index-url", "").split()
        remote = [place for place in places if urlsplit(place).scheme in ("http", "https")]
        if not remote:  # packages of this machine alone
            return ""
        reasons: dict[str, str] = {}
        asked = [
            threading.Thread(target=self._ask, args=(place, reasons), daemon=True)
            for place in remote
        ]
        for thread in asked:
            thread.start()
        for thread in asked:
            thread.join(PATIENCE + 1)
        if "" in reasons.values():
            return ""
        host = urlsplit(remote[0]).hostname
        reason = reasons.get(remote[0], f"no answer in {PATIENCE:.0f} s")
        return (
            f"No network: the package index at {host} cannot be reached ({reason}). The packages "
            "are fetched once, so make this work once: a proxy goes into HTTPS_PROXY, an index "
            "of your own into pip's configuration (pip config set global.index-url …)."
        )

    def _ask(self, place: str, reasons: dict[str, str]) -> None:
        """Ask an index for anything: whatever it says, it is there."""
        parts = urlsplit(place)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
        trusting = ssl._create_unverified_context()  # nothing is told or believed here
        handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=trusting)]
        if proxy := self.settings.get("proxy"):
            handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
        question = urllib.request.Request(f"{parts.scheme}://{host}{port}/", method="HEAD")
        try:
            urllib.request.build_opener(*handlers).open(question, timeout=PATIENCE).close()
            reasons[place] = ""
        except urllib.error.HTTPError:
            reasons[place] = ""
        except (OSError, ValueError) as error:
            reasons[place] = str(getattr(error, "reason", error)) or type(error).__name__


@contextlib.contextmanager
def _kept_uv(venv: Path) -> Iterator[Path | None]:
    """The uv of an environment, a single program, at a place that survives its being made anew."""
    uv = venv / "bin" / "uv"
    with tempfile.TemporaryDirectory(prefix="uv-") as folder:
        try:
            kept = Path(shutil.copy2(uv, folder))
            subprocess.run([kept, "--version"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            yield None
        else:
            yield kept


def _make(venv: Path) -> None:
    # Not the Python of the environment that is about to be cleared, but the one behind it.
    python = getattr(sys, "_base_executable", sys.executable)
    if subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True).returncode:
        raise SetUpError(
            f"Python {_version()} is here, but its venv module is missing. "
            "On Debian and Ubuntu: sudo apt install python3-venv"
        )
    done = subprocess.run([python, "-m", "venv", "--clear", venv], capture_output=True, text=True)
    if done.returncode:
        raise SetUpError(f"{venv} cannot be made: {_last(done.stdout + done.stderr)}")
    made = {"place": os.path.realpath(venv), "python": _version()}
    (venv / MADE).write_text(json.dumps(made))


def _write_bytecode(python: str) -> None:
    """Compile what a kernel imports, in one process of each kind. Failing costs only time."""
    known = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    question = (
        "import importlib, contextlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    with contextlib.suppress(ImportError): importlib.import_module(name)"
    )
    subprocess.run([python, "-c", question, *IMPORTED], cwd=ROOT, env=known, capture_output=True)


def _person(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _last(said: str) -> str:
    """The last words of a program, in one line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
