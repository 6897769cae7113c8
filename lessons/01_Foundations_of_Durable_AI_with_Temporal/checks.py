"""Checks of lesson 01 and its exercise: what each blank is to do, and its hints."""

from __future__ import annotations

from workshop.checks import Learner, blank
from workshop.checks.steps import ran


def _minimal(name: str):  # type: ignore[no-untyped-def]
    @blank(name, hints=("What?", "There.", "That."), means="It runs.")
    async def check(learner: Learner) -> None:
        ran(learner)
        learner.name(learner.blank.defines)

    return check


llm_call = _minimal("llm_call")
create_pdf = _minimal("create_pdf")
research = _minimal("research")
losses = _minimal("losses")
saved_call = _minimal("saved_call")
ask_subject = _minimal("ask_subject")
read_subject = _minimal("read_subject")
named_report = _minimal("named_report")
