"""The Activities by themselves, each in an ActivityEnvironment."""

from pathlib import Path

import pytest
from activities import create_pdf, llm_call, retry_after
from models import LLMCallInput, PDFGenerationInput
from stand_in import KEY, Provider
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment


def ask(timeout_seconds: float = 20) -> str:
    return ActivityEnvironment().run(llm_call, LLMCallInput("Bees?", timeout_seconds))


def test_the_answer_is_the_models_text(provider: Provider) -> None:
    assert ask() == provider.text
    assert provider.calls == 1
    assert provider.request_id == "test/unknown/1"  # as an ActivityEnvironment calls them


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_what_may_pass_is_retried_by_temporal_alone(provider: Provider, status: int) -> None:
    provider.fail(status)
    with pytest.raises(ApplicationError) as failed:
        ask()
    assert not failed.value.non_retryable
    assert provider.calls == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_what_stays_wrong_is_not_retried(provider: Provider, status: int) -> None:
    provider.fail(status)
    with pytest.raises(ApplicationError) as failed:
        ask()
    assert failed.value.non_retryable
    assert failed.value.message.startswith(f"{status}: ")


def test_an_empty_account_is_not_retried(provider: Provider) -> None:
    provider.fail(429, code="insufficient_quota")
    with pytest.raises(ApplicationError) as failed:
        ask()
    assert failed.value.non_retryable


def test_the_next_attempt_comes_when_the_provider_says(provider: Provider) -> None:
    provider.fail(429, Retry_After="7")
    with pytest.raises(ApplicationError) as failed:
        ask()
    assert failed.value.next_retry_delay
    assert failed.value.next_retry_delay.total_seconds() == 7


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("1e6", 3600), ("inf", 3600), ("nan", None), ("-1", None), ("Mon", None)],
)
def test_no_header_parks_a_report_for_days(header: str, seconds: float | None) -> None:
    delay = retry_after(header)
    assert (delay and delay.total_seconds()) == seconds


def test_a_silent_model_ends_the_attempt(provider: Provider) -> None:
    provider.may_answer.clear()
    with pytest.raises(ApplicationError) as failed:
        ask(timeout_seconds=0.2)
    assert failed.value.type == "Timeout" and not failed.value.non_retryable


def test_no_connection_is_retried(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_API_BASE", "http://127.0.0.1:1/v1")
    with pytest.raises(ApplicationError) as failed:
        ask()
    assert not failed.value.non_retryable


def test_an_answer_without_text_or_without_end_is_refused(provider: Provider) -> None:
    provider.text = None
    with pytest.raises(ApplicationError, match="without a text"):
        ask()
    provider.text = "x" * 100_001
    with pytest.raises(ApplicationError, match="100,001") as failed:
        ask()
    assert failed.value.non_retryable


def test_no_error_names_the_key(provider: Provider) -> None:
    provider.fail(401)
    with pytest.raises(ApplicationError) as failed:
        ask()
    assert "[the API key]" in failed.value.message
    assert KEY not in failed.value.message
    # The converter would follow either of them into the Event History.
    assert failed.value.__cause__ is None and failed.value.__suppress_context__


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(content: str, filename: str = "bees.pdf") -> str:
    return ActivityEnvironment().run(create_pdf, PDFGenerationInput(content, filename))


@pytest.mark.parametrize(
    "content", ["R&D <b> a<b>c </para> <img src='x'/>", "a\0b\ud800\n\n\n\nc", "😀 中文", ""]
)
def test_any_text_becomes_a_pdf(here: Path, content: str) -> None:
    assert write(content) == "reports/bees.pdf"
    assert (here / "reports" / "bees.pdf").read_bytes().endswith(b"%%EOF\n")


def test_a_font_of_your_own(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("ž")
    plain = (here / "reports" / "bees.pdf").read_bytes()
    monkeypatch.setenv("PDF_FONT", "Vera.ttf")  # reportlab has it
    write("ž \ud800")
    assert b"Vera" in (here / "reports" / "bees.pdf").read_bytes()
    assert b"Vera" not in plain


def test_a_report_is_whole_or_it_is_not_there(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("first")
    first = (here / "reports" / "bees.pdf").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write("second")
    assert [file.name for file in (here / "reports").iterdir()] == ["bees.pdf"]
    assert (here / "reports" / "bees.pdf").read_bytes() == first


def test_no_name_leaves_the_folder(here: Path) -> None:
    assert write("x", "../../up.pdf") == "reports/up.pdf"
