"""Setting up, as a person does it: `make`, a package index on loopback, folders that are odd."""

from __future__ import annotations

import http.server
import os
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import room as rooms

from authoring.environment import for_uv, why_anew

ROOTS_RIGHTS = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def wheel(folder: Path, name: str, version: str, **files: str | bytes) -> str:
    """A wheel in a folder of its own, as an index serves it."""
    info = f"{name}-{version}.dist-info"
    place = folder / "simple" / name
    place.mkdir(parents=True, exist_ok=True)
    files |= {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(place / f"{name}-{version}-py3-none-any.whl", "w") as file:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path.replace("INFO", info))
            entry.external_attr = (stat.S_IFREG | 0o755) << 16  # uv is a program
            file.writestr(entry, text)
    links = "".join(f'<a href="{one.name}">{one.name}</a>\n' for one in place.glob("*.whl"))
    (place / "index.html").write_text(f"<!DOCTYPE html>{links}")
    return name


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two versions of `bee`, a package with a command, and uv."""
    folder = tmp_path_factory.mktemp("index")
    for version in ("1.0", "2.0"):
        # Of another length each: by size and second alone Python knows what it has compiled.
        code = f"version = '{version}'\ndef main(): print('bee', version)\n"
        code += "#" * int(version[0])
        command = "[console_scripts]\nbee = bee:main\n"
        files = {"bee.py": code, "INFO/entry_points.txt": command, "mcp.py": ""}
        wheel(folder, "bee", version, **files)
    program = (Path(sys.executable).parent / "uv").read_bytes()
    wheel(folder, "uv", "0.9.9", **{"uv-0.9.9.data/scripts/uv": program})
    return folder


@contextmanager
def served(packages: Path, certificate: Path | None = None) -> Iterator[str]:
    """A package index."""
    handler = partial(_Quiet, directory=str(packages))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        scheme = "https" if certificate else "http"
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}/simple"
        server.shutdown()


@pytest.fixture(scope="module")
def index(packages: Path) -> Iterator[str]:
    with served(packages) as address:
        yield address


@pytest.fixture
def nowhere() -> str:
    """The address of an index that does not answer."""
    return f"http://127.0.0.1:{rooms.free_ports(1)[0]}/simple"


@dataclass
class Checkout:
    """A checkout with the real Makefile, whose only package is `bee`."""

    root: Path
    index: str
    state: Path
    """Where what is not the checkout's own lies."""
    extra: dict[str, str] = field(default_factory=dict)
    more: str = ""
    """Further lines of pip's configuration."""
    wanted: str = ""
    """What `bee()` says once that is installed, whichever tests came before."""

    def fill(self) -> None:
        (self.root / "authoring").mkdir(parents=True)
        shutil.copy(rooms.ROOT / "Makefile", self.root)
        shutil.copy(rooms.ROOT / "authoring" / "environment.py", self.root / "authoring")
        (self.root / "constraints.txt").touch()
        (self.root / "pyproject.toml").touch()
        self.want("bee==1.0")

    def want(self, requirement: str) -> None:
        self.wanted = " ".join(requirement.replace("==", " ").split())
        (self.root / "requirements.txt").write_text(f"-c constraints.txt\n{requirement}\n")

    def make(self, *words: str, before: tuple[str, ...] = (), limit: float = 120) -> str:
        """What `make .venv/.lab` says; its last line is the exit code."""
        # Only pip's own configuration names the index and its certificate.
        configuration = self.state / "pip.conf"
        configuration.write_text(
            f"[global]\nindex-url = {self.index}\nextra-index-url =\nfind-links =\n{self.more}"
        )
        private = ("PIP_", "UV_", "SUDO_", "PYTHON", "VIRTUAL_ENV", "MAKE", "SSL_", "REQUESTS_")
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(private) and not k.lower().endswith("_proxy")
        }
        done = subprocess.run(
            [*before, "make", "--no-print-directory", ".venv/.lab", *words],
            cwd=self.root,
            env={
                **kept,
                "PIP_CONFIG_FILE": str(configuration),
                "PIP_NO_CACHE_DIR": "1",
                "UV_CACHE_DIR": str(self.state / "uv-cache"),
                "PATH": f"{Path(sys.executable).resolve().parent}:{kept['PATH']}",
                **self.extra,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit,
        )
        assert "Traceback" not in done.stdout, done.stdout
        return f"{done.stdout}{done.returncode}\n"

    def bee(self) -> str:
        """What the package's own command says, through its absolute path to Python."""
        line = [self.root / ".venv" / "bin" / "bee"]
        return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, index: str) -> Checkout:
    """A checkout that is set up, in a folder whose name has every sign that paths may have."""
    state = tmp_path_factory.mktemp("set-up")
    checkout = Checkout(state / "50% of #1, what? ü", index, state)
    checkout.fill()
    said = checkout.make()
    assert said.startswith("There is no .venv yet. Setting up with Python"), said
    assert "pip does" not in said and said.endswith("\n0\n"), said
    assert checkout.bee() == checkout.wanted
    return checkout


def test_nothing_is_done_twice(made: Checkout) -> None:
    assert made.make() == "0\n"


def test_uv_takes_packages_from_where_pip_would(made: Checkout) -> None:
    made.want("bee==2.0")
    assert made.make() == "0\n" and made.bee() == made.wanted


@pytest.mark.skipif(not shutil.which("openssl"), reason="no certificate can be made here")
def test_uv_trusts_the_certificate_that_pip_trusts(made: Checkout, packages: Path) -> None:
    certificate = made.state / "company.pem"
    line = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=packages"
    line += " -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE"
    files = ["-keyout", certificate.name, "-out", "company.crt"]
    subprocess.run([*line.split(), *files], cwd=made.state, check=True, capture_output=True)
    with certificate.open("a") as both:
        both.write((made.state / "company.crt").read_text())
    plain, made.extra = made.index, {"UV_NO_CACHE": "1"}
    try:
        with served(packages, certificate) as made.index:
            made.want("bee==1.0")
            refused = made.make(limit=240)
            made.more = f"cert = {certificate}\n"
            trusted = made.make()
    finally:
        made.index, made.more, made.extra = plain, "", {}
    assert refused.endswith("\n2\n") and "certificate" in refused.lower(), refused
    assert trusted == "0\n" and made.bee() == made.wanted


def test_where_uv_fails_pip_does_it(made: Checkout) -> None:
    other = "2.0" if made.bee() == "bee 1.0" else "1.0"
    made.want(f"bee=={other}")
    made.extra = {"UV_OFFLINE": "1", "UV_NO_CACHE": "1"}
    try:
        said = made.make()
    finally:
        made.extra = {}
    assert said.startswith("uv cannot install it, so pip does: ") and said.endswith("\n0\n")
    assert made.bee() == made.wanted


def test_pips_configuration_in_uvs_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("UV_", "SSL_", "ALL_PROXY"))]:
        monkeypatch.delenv(name)
    settings = {
        "index-url": "https://packages.example/simple",
        "extra-index-url": "\nhttps://one.example/simple\nhttps://two.example/simple",
        "trusted-host": "packages.example",
        "cert": "/certificates/company.pem",
        "find-links": "/wheels /more",
    }
    given = for_uv(settings)
    assert given["UV_DEFAULT_INDEX"] == "https://packages.example/simple"
    assert given["UV_INDEX"] == "https://one.example/simple https://two.example/simple"
    assert given["UV_INSECURE_HOST"] == "packages.example"
    assert given["SSL_CERT_FILE"] == "/certificates/company.pem"
    assert given["UV_FIND_LINKS"] == "/wheels,/more"
    assert given["UV_SYSTEM_CERTS"] == "1"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mine.example")
    assert "UV_DEFAULT_INDEX" not in for_uv(settings)


@pytest.mark.rotates("what takes long", among=4)
def test_a_checkout_that_was_moved_is_set_up_again_also_offline(
    made: Checkout, nowhere: str
) -> None:
    made.want("bee==1.0")
    assert made.make() == "0\n"  # what is set up, uv has kept
    before = made.root
    made.root = before.with_name("renamed")
    before.rename(made.root)
    made.extra = {"http_proxy": nowhere}  # the way out is gone; the index is still the same
    try:
        said = made.make()
    finally:
        made.extra = {}
    assert f"This folder was moved: .venv was made in {before}." in said
    assert "everything was here already" in said and said.endswith("\n0\n")
    assert made.bee() == made.wanted


@pytest.mark.rotates("what takes long", among=4)
def test_a_python_that_is_gone_is_replaced(made: Checkout) -> None:
    python = made.root / ".venv" / "bin" / "python3"
    python.unlink()
    python.symlink_to("/nonexistent/python3")
    said = made.make()
    assert "The Python of .venv is gone." in said and said.endswith("\n0\n")
    assert made.make() == "0\n"


def test_an_environment_of_another_python_is_told_from_ours(made: Checkout) -> None:
    venv = made.root / ".venv"
    assert why_anew(venv) == ""
    kept = (venv / "made.json").read_text()
    try:
        (venv / "made.json").write_text(kept.replace('"python": "3.', '"python": "2.'))
        assert "was made with Python 2." in why_anew(venv)
        (venv / "made.json").write_text("{")
        assert "half made" in why_anew(venv)
    finally:
        (venv / "made.json").write_text(kept)


def test_what_a_kernel_imports_is_compiled_whatever_the_environment_says(made: Checkout) -> None:
    made.want("bee == 2.0")
    made.extra = {"PYTHONDONTWRITEBYTECODE": "1"}
    try:
        assert made.make() == "0\n"
    finally:
        made.extra = {}
    # `mcp` is one of the modules that a lesson imports; this one is of the package `bee`.
    assert list(made.root.glob(".venv/lib/*/site-packages/__pycache__/mcp.*.pyc"))


def test_bytecode_may_be_written_meanwhile(made: Checkout) -> None:
    where = ".venv/lib/*/site-packages/__pycache__/mcp.*.pyc"
    for compiled in made.root.glob(where):
        compiled.unlink()
    made.want("bee  ==  2.0")
    assert made.make("MEANWHILE=meanwhile") == "0\n"
    rooms.until(lambda: list(made.root.glob(where)), "mcp to be compiled", limit=60)


def test_pip_is_a_command_of_the_environment(made: Checkout) -> None:
    for name in ("pip", "pip3"):
        line = [made.root / ".venv" / "bin" / name, "--version"]
        said = subprocess.run(line, capture_output=True, text=True, check=True).stdout
        assert f"{made.root}/.venv/" in said


# No network


@pytest.fixture
def bare(tmp_path: Path) -> Checkout:
    """A checkout that was never set up."""
    checkout = Checkout(tmp_path / "checkout", "", tmp_path)
    checkout.fill()
    return checkout


@pytest.mark.rotates("what takes long", among=4)
def test_no_index_is_one_sentence(bare: Checkout, nowhere: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for address, why in (
            (nowhere, "refused"),
            (f"http://127.0.0.1:{silent.getsockname()[1]}/simple", "timed out"),
        ):
            bare.index = address
            said = bare.make()
            assert said.count("✗ No network: the package index at 127.0.0.1 cannot be") == 1, said
            assert why in said and "conflict" not in said and said.endswith("\n2\n")


# What is told before anything is made


def test_a_python_that_is_not_there_is_named(bare: Checkout, tmp_path: Path) -> None:
    said = bare.make("PYTHON=/nonexistent")
    assert said.startswith("PYTHON names /nonexistent, and there is no such program.")
    assert "venv" not in said.replace(".venv", "")
    old = tmp_path / "old python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
    old.chmod(0o700)
    said = bare.make(f"PYTHON={old}")
    assert f"PYTHON names {old}, which is Python 3.9.2." in said and "3.10 to 3.14" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_folders_of_somebody_else_are_told_with_the_command_that_helps(bare: Checkout) -> None:
    for path in (bare.root, *bare.root.rglob("*")):
        os.chown(path, 65534, 65534)
    if shutil.which("setpriv"):
        said = bare.make(before=ROOTS_RIGHTS)
        assert f"sudo chown -R root '{bare.root}'" in said and "belongs to nobody" in said
    bare.extra["SUDO_UID"] = "65534"
    said = bare.make()
    assert "Run it again without sudo." in said
    assert not (bare.root / ".venv").exists()


def test_a_folder_that_sudo_made_is_told(bare: Checkout) -> None:
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can give a folder away")
    (bare.root / ".venv").mkdir()
    os.chown(bare.root / ".venv", 65534, 65534)
    said = bare.make(before=ROOTS_RIGHTS)
    assert f"{bare.root / '.venv'} belongs to nobody" in said and "chown" in said


def test_a_read_only_checkout_is_told(bare: Checkout, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(line, capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        shutil.copytree(bare.root, disk / "checkout")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        said = Checkout(disk / "checkout", "", tmp_path).make()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
    assert f"{disk / 'checkout'} is on a read-only file system." in said and "cp -r" in said
