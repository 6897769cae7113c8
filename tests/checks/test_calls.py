"""Checks of functions that ask a model: nothing is paid, no file of the learner's is touched."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from workshop.checks.blanks import Blank
from workshop.checks.calls import BASE, KEY, MODEL, Provider, away, pages_of
from workshop.checks.cells import Run
from workshop.checks.learner import Learner
from workshop.checks.outcome import NotYet

CALL = """
def llm_call(prompt, timeout=20):
    import litellm, time
    time.sleep(0)
    return litellm.completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": prompt}],
    )
"""


@pytest.fixture
def learner(tmp_path: Path) -> Learner:
    """A learner whose cell defined `llm_call`, with an import of its own in it."""
    names: dict[str, object] = {"settings": None}
    exec(CALL, names)
    blank = Blank("01_x", "lesson", "llm_call", "", tmp_path / "none.py", "id", {})
    return Learner(blank, names, Run(CALL, "id", None))


def test_a_call_goes_to_the_stand_in_also_through_an_import_of_its_own(
    learner: Learner, room: dict[str, str]
) -> None:
    import litellm

    real = litellm.completion
    provider = Provider(learner, "an answer")
    result = asyncio.run(provider.runs(learner.name("llm_call"), "a prompt", timeout=3))
    assert result["choices"][0]["message"]["content"] == "an answer"
    (call,) = provider.calls
    assert (call["model"], call["api_key"], call["api_base"]) == (MODEL, KEY, BASE)
    assert call["messages"] == [{"role": "user", "content": "a prompt"}]
    assert litellm.completion is real


def test_meanwhile_other_code_of_the_kernel_reaches_the_real_one(
    learner: Learner, room: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import litellm

    monkeypatch.setattr(litellm, "completion", lambda *_, **__: "the real one")
    seen: list[object] = []

    def beside(*_: object, **__: object) -> str:
        thread = threading.Thread(target=lambda: seen.append(litellm.completion("x")))
        thread.start()
        thread.join()
        return "the stand-in"

    provider = Provider(learner)
    monkeypatch.setattr(provider, "completion", beside)
    assert asyncio.run(provider.runs(learner.name("llm_call"), "a prompt")) == "the stand-in"
    assert seen == ["the real one"]


async def _leaves(where: list[Path]) -> None:
    async with away() as room:
        where.append(Path.cwd())
        (Path.cwd() / "file.pdf").write_text("here")
        Path("../out.pdf").write_text("there")
        assert room.files() == ["file.pdf"]
        raise KeyError


def test_the_working_folder_is_the_learners_again_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    where: list[Path] = []
    with pytest.raises(KeyError):
        asyncio.run(_leaves(where))
    assert Path.cwd() == tmp_path and where[0] != tmp_path
    assert list(tmp_path.iterdir()) == [] and not where[0].parent.exists()


async def _hangs() -> None:
    async with away() as room:
        await room.runs(threading.Event().wait)


def test_a_function_that_hangs_is_given_up_and_the_folder_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(_hangs())
    assert Path.cwd() == tmp_path


def test_a_failing_provider_fails_as_a_real_one(learner: Learner, room: dict[str, str]) -> None:
    from litellm.exceptions import RateLimitError

    provider = Provider(learner, fails=True)
    with pytest.raises(RateLimitError):
        asyncio.run(provider.runs(learner.name("llm_call"), "a prompt"))


def test_what_goes_past_completion_is_refused_and_told(
    learner: Learner, room: dict[str, str]
) -> None:
    text = "def llm_call(prompt):\n    import httpx\n    return httpx.get(settings.llm_api_base)\n"
    exec(text, learner.names)
    provider = Provider(learner)
    with pytest.raises(NotYet, match="another way than `completion`"):
        asyncio.run(provider.runs(learner.name("llm_call"), "a prompt"))


def test_the_text_of_each_page(tmp_path: Path) -> None:
    from reportlab.platypus import PageBreak, SimpleDocTemplate

    from workshop.toolbox.report import story

    file = tmp_path / "two.pdf"
    SimpleDocTemplate(str(file)).build([*story("one"), PageBreak(), *story("two & <b>")])
    first, second = pages_of(file)
    assert "one" in first and "two & <b>" in second and "two" not in first
