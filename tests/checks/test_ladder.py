"""The ladder: first what was seen, then a direction, then by a hint what to do, then the whole."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from ipython_shell import Shell

from workshop import checks
from workshop.checks import NOT_ATTEMPTED, NOT_YET, RIGHT, Learner, progress
from workshop.checks.blanks import Blank
from workshop.checks.outcome import Outcome

IMPORTS = "from datetime import timedelta\nfrom temporalio.common import RetryPolicy\n"
Attempt = Callable[[str], Outcome]
Capture = pytest.CaptureFixture[str]
MORE = 'More help: hint("retry_policy")'


@pytest.fixture
def attempt(shell: Shell, policy: Blank) -> Attempt:
    """Run a text in the blank's cell, and check it."""
    shell.run(IMPORTS)

    def tried(text: str) -> Outcome:
        shell.run(text, policy.cell_id)
        return asyncio.run(checks.examine("retry_policy"))

    return tried


@pytest.fixture
def wrong(policy: Blank) -> list[str]:
    """Texts that fail at the same step."""
    return [policy.finished.replace("3.0", value) for value in ("2.0", "2.5", "4.0")]


def hinted(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    checks.hint("retry_policy")
    return capsys.readouterr().out


def restart() -> None:
    """What this kernel remembers is gone; files stay."""
    checks._found.clear()
    checks._hinted.clear()


def test_first_it_says_what_was_seen_and_how_to_go_on(attempt: Attempt, wrong: list[str]) -> None:
    outcome = attempt(wrong[0])
    assert outcome.verdict == NOT_YET and outcome.rung == 1
    for shown in (
        outcome.text,
        re.sub(r"<[^>]+>", "", outcome._repr_html_()).replace("&quot;", '"'),
    ):
        assert outcome.saw in shown and shown.endswith(MORE), shown
        assert "3.0" not in shown and outcome.do not in shown and outcome.direction not in shown
    assert "backoff_coefficient" in outcome.do, "it is kept for the last step"


def test_another_attempt_at_the_same_step_adds_a_direction(
    attempt: Attempt, wrong: list[str]
) -> None:
    attempt(wrong[0])
    for text in (wrong[0], wrong[0] + "  # the same"):
        assert attempt(text).rung == 1, "nothing was tried since"
    again = attempt(wrong[1])
    assert again.rung == 2 and f"Where: {again.direction}" in again.text
    assert "`backoff_coefficient=2.5` in line 3" in again.direction, "the learner's own place"
    assert "encyclopedia/retry-policies" in again.direction, "and where it is shown"
    assert "3.0" not in again.text and again.do not in again.text


def test_a_hint_goes_on_from_there(attempt: Attempt, wrong: list[str], capsys: Capture) -> None:
    first = attempt(wrong[0])
    assert f"Hint: {first.direction}" in hinted(capsys)
    assert f"Hint: {first.do}" in hinted(capsys)
    said = hinted(capsys)
    assert f"Hint: {first.do}" in said and 'solution("retry_policy")' in said
    again = attempt(wrong[1])
    assert again.direction in again.text and again.do not in again.text
    assert f"Hint: {again.do}" in hinted(capsys), "the direction was shown by the check"


def test_a_hint_under_a_check_of_the_same_text_is_the_same(
    attempt: Attempt, wrong: list[str], capsys: Capture
) -> None:
    for _ in range(3):
        outcome = attempt(wrong[0])
        assert f"Hint: {outcome.direction}" in hinted(capsys)
    assert f"Hint: {attempt(wrong[1]).do}" in hinted(capsys)


def test_the_solution_says_what_the_learner_has_there(
    attempt: Attempt,
    wrong: list[str],
    policy: Blank,
    capsys: Capture,
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own, right = "`backoff_coefficient=2.0`", "`backoff_coefficient=3.0`"
    assert right not in attempt(wrong[0]).text
    checks.solution("retry_policy")
    assert f"Instead of {own} in line 3 write {right}." in capsys.readouterr().out
    with monkeypatch.context() as patch:
        patch.setattr(shell.shell, "kernel", object(), raising=False)
        patch.setattr(shell.shell, "set_next_input", lambda *_, **__: None, raising=False)
        shown: list[str] = []
        patch.setattr(checks, "put", lambda html, *_: shown.append(html))
        checks.solution("retry_policy")
    assert f"<p>Instead of {own} in line 3 write {right}.</p>" in shown[0]
    attempt(policy.finished)
    checks.solution("retry_policy")
    assert "Instead of" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("3.0,", "3.0,,"),
        ("seconds=2),", "seconds=2)"),
        ("maximum_attempts", "maximum_atempts"),
        ("retry_policy = RetryPolicy", "retry_policy = RetryPolcy"),
        ("retry_policy =", "retry_polcy ="),
    ],
)
def test_a_mistake_of_typing_is_told_at_once_and_is_no_rung(
    attempt: Attempt,
    wrong: list[str],
    policy: Blank,
    old: str,
    new: str,
    shell: Shell,
    capsys: Capture,
) -> None:
    attempt(wrong[0])
    shell.names.pop("retry_policy")
    slip = attempt(policy.finished.replace(old, new))
    assert slip.verdict == NOT_YET and slip.slip, slip.text
    assert slip.do in slip.text and MORE not in slip.text
    assert slip.do in hinted(capsys)
    assert attempt(wrong[1]).rung == 2, "the step before was not forgotten"


def test_a_cell_that_does_not_parse_for_want_of_more_than_a_comma_is_no_slip(
    attempt: Attempt, policy: Blank
) -> None:
    outcome = attempt(policy.finished.replace("timedelta(seconds=2)", "2s"))
    assert outcome.verdict == NOT_YET and not outcome.slip
    assert "`initial_interval=2s,`" in outcome.saw and outcome.do not in outcome.text


def test_what_is_not_attempted_is_told_at_once(attempt: Attempt, policy: Blank) -> None:
    outcome = attempt(policy.practice)
    assert outcome.verdict == NOT_ATTEMPTED
    assert f"Try: {outcome.do}" in outcome.text and MORE not in outcome.text


def test_it_begins_anew_at_another_step_and_when_it_is_right(
    attempt: Attempt, wrong: list[str], policy: Blank
) -> None:
    attempt(wrong[0])
    assert attempt(wrong[1]).rung == 2
    other = attempt(policy.finished.replace("attempts=3", "attempts=5"))
    assert other.rung == 1 and attempt(wrong[1]).rung == 1
    assert attempt(policy.finished).verdict == RIGHT
    assert attempt(wrong[2]).rung == 1


def test_a_restart_of_the_kernel_does_not_begin_anew(
    attempt: Attempt, wrong: list[str], room: dict[str, str], policy: Blank, capsys: Capture
) -> None:
    kept = Path(room["WORKSHOP_HOME"]) / progress.FILE
    first = attempt(wrong[0])
    restart()
    assert "Hint 1 of 3" in hinted(capsys), "nothing was checked in this kernel"
    assert attempt(wrong[0]).rung == 1
    assert first.direction in hinted(capsys)
    restart()
    assert attempt(wrong[0]).rung == 2, "a hint has said it"
    restart()
    assert attempt(wrong[1]).rung == 2
    place = json.loads(kept.read_text())[progress.LADDER][policy.key]
    assert place["step"] == first.step and "2.5" not in kept.read_text(), "no text of the learner"
    assert hinted(capsys).startswith("Hint: ")
    restart()
    assert f"Hint: {attempt(wrong[2]).do}" in hinted(capsys)
    attempt(policy.finished)
    assert json.loads(kept.read_text()) == {policy.key: policy.digest}


def test_a_file_of_before_is_read_and_kept(
    attempt: Attempt, wrong: list[str], room: dict[str, str], policy: Blank
) -> None:
    kept = Path(room["WORKSHOP_HOME"]) / progress.FILE
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"02/worker": "a digest"}))
    assert "1 of 7 blanks right" in attempt(wrong[0]).told
    assert json.loads(kept.read_text())["02/worker"] == "a digest"
    for spoilt in ([], {policy.key: 3}, {policy.key: {"step": "x"}}):
        kept.write_text(json.dumps({progress.LADDER: spoilt}))
        restart()
        assert attempt(wrong[0]).rung == 1
    assert progress.place(policy).rung == 1


def test_where_nothing_can_be_kept_the_ladder_goes_on(
    attempt: Attempt,
    wrong: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "a file" / "state"))
    assert "cannot be kept" in attempt(wrong[0]).told
    assert attempt(wrong[1]).rung == 2
    assert hinted(capsys).startswith("Hint: ")


def test_the_last_hint_shows_the_place_where_no_rule_names_it(
    attempt: Attempt, wrong: list[str], judged_by: Callable[..., None]
) -> None:
    async def vague(learner: Learner) -> None:
        learner.step("It is right")
        learner.not_yet("Something is wrong.", "Write it anew.")

    judged_by(vague)
    outcome = attempt(wrong[0])
    assert outcome.do.startswith("Write it anew. ") and "2.0" in outcome.do and "3.0" in outcome.do
    assert "3.0" not in outcome.text and "3.0" not in outcome.direction


def test_a_step_without_a_place_has_the_pointer_alone(
    attempt: Attempt, shell: Shell, policy: Blank, judged_by: Callable[..., None]
) -> None:
    async def vague(learner: Learner) -> None:
        learner.step("It is right")
        learner.not_yet("Something is wrong.", "Write it anew.")

    judged_by(vague)
    outcome = attempt("another = 2\nretry_policy = 1")
    assert outcome.direction == "There.", "another text altogether has no place to show"
