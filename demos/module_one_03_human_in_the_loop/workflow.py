"""The plan: write a draft, wait for a person, for days if need be, and do as they say."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

# The sandbox loads a Workflow's file anew for each run. These modules may be shared instead:
# LiteLLM alone would take seconds, and none of them is called from Workflow code.
with workflow.unsafe.imports_passed_through():
    from activities import llm_call, notify
    from models import Decision, Draft, DraftInput, LLMCallInput, Notice

VERSIONS = 10  # no more than so many drafts: each costs a call
# How long to wait, and whom to tell then. After the last wait silence is an answer: no.
LADDER = (
    (timedelta(days=3), "reviewer"),
    (timedelta(days=1), "manager"),
    (timedelta(days=1), ""),
)


async def somebody_decides(decided: Callable[[], bool], version: int) -> bool:
    """Wait; remind the reviewer after 3 days, the manager after 4, give up after 5."""
    for wait, person in LADDER:
        try:
            await workflow.wait_condition(decided, timeout=wait)
            return True
        except asyncio.TimeoutError:
            if person:
                # Asked for and not awaited: a mail server that is down holds up no decision.
                workflow.start_activity(
                    notify, Notice(person, version), start_to_close_timeout=timedelta(seconds=10)
                )
    return decided()  # a decision that came in the same moment counts


@workflow.defn
class DraftWorkflow:
    @workflow.init  # runs before any message is handled, so that none finds half an object
    def __init__(self, input: DraftInput) -> None:
        self.prompt = input.prompt
        self.draft = input.draft
        self.llm_timeout_seconds = input.llm_timeout_seconds
        self.decision: Decision | None = None

    @workflow.query
    def get_latest_text(self) -> str:
        return self.draft.text

    @workflow.query
    def get_draft(self) -> Draft:
        return self.draft

    @workflow.update
    def decide(self, decision: Decision) -> str:
        self.decision = decision
        return f"{decision.choice} of version {decision.version} accepted"

    # What it raises is the answer to the sender. A rejected Update leaves no event behind.
    @decide.validator
    def check_decision(self, decision: Decision) -> None:
        if decision.choice not in ("keep", "redo", "edit"):
            raise ValueError(f"{decision.choice!r} is no choice: say keep, redo or edit")
        if self.draft.status != "waiting":
            raise ValueError(f"nothing waits for a decision: the draft is {self.draft.status}")
        if decision.version != self.draft.version:
            raise ValueError(
                f"you have read version {decision.version}, and version {self.draft.version} waits"
            )
        if self.decision is not None:
            raise ValueError(f"version {decision.version} is decided already")
        if decision.choice == "edit" and not decision.instructions.strip():
            raise ValueError("an edit needs instructions")

    @workflow.run
    async def run(self, input: DraftInput) -> Draft:
        while True:
            await self.write()
            decided = await somebody_decides(lambda: self.decision is not None, self.draft.version)
            if not decided:
                return self.ended("expired")
            decision, self.decision = self.decision, None
            if decision.choice == "keep":
                return self.ended("published")
            if self.draft.version == VERSIONS:
                return self.ended("unfinished")
            self.draft.status = "writing"
            if decision.choice == "edit":
                self.prompt = f"{decision.instructions}:\n\n{self.draft.text}"
            # Each round makes the Event History longer. When the SDK finds it long, the next
            # round begins a new run, which is given all that it needs to know.
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(
                    DraftInput(self.prompt, self.draft, self.llm_timeout_seconds)
                )

    async def write(self) -> None:
        answer = await workflow.execute_activity(
            llm_call,
            LLMCallInput(prompt=self.prompt),
            start_to_close_timeout=timedelta(seconds=self.llm_timeout_seconds),
            # A wrong key stays wrong; anything else may be better next time.
            retry_policy=RetryPolicy(non_retryable_error_types=["AuthenticationError"]),
        )
        text = answer["choices"][0]["message"]["content"]
        self.draft = Draft(self.draft.version + 1, text, "waiting")

    def ended(self, status: str) -> Draft:
        self.draft.status = status
        return self.draft
