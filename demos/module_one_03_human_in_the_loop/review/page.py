"""The review page as HTML: plain, without JavaScript, light and dark, wide and narrow.

Whatever comes from a model, a person or a Workflow becomes text here, and never markup.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from drafts import Board, Draft, Told

from workshop.demos import DARK, LIGHT, tag, words

TITLE = "Drafts that wait for a person"

_ENDINGS = {
    "published": "✓ published: a person has read this text and kept it",
    "expired": "✗ expired: nobody decided in time; not published",
    "unfinished": "✗ unfinished: no more versions were allowed; not published",
}


def _colours(of: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in of.items())


_STYLE = f"""
:root {{ color-scheme: light dark; {_colours(LIGHT)} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_colours(DARK)} }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; padding: 1rem; max-width: 46rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; }}
h1 {{ font-size: 1.5rem; margin: .5rem 0; }}
h2 {{ font-size: 1.15rem; margin: 2rem 0 .5rem; }}
h3 {{ font-size: 1rem; margin: 0; overflow-wrap: anywhere; }}
p {{ margin: .5rem 0; overflow-wrap: anywhere; }}
article {{ border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 1rem 0; }}
a {{ color: var(--live); }}
.soft {{ color: var(--soft); font-size: .9rem; }}
.text {{ white-space: pre-wrap; overflow-wrap: anywhere; margin: .75rem 0; padding: .25rem 0 .25rem
  1rem; border-left: 3px solid var(--line); }}
.told {{ border-left: 3px solid var(--late); padding-left: 1rem; }}
.well {{ border-color: var(--ok); }}
.ill {{ border-color: var(--bad); }}
label {{ display: block; }}
textarea {{ display: block; width: 100%; min-height: 4rem; margin: .25rem 0 .75rem; padding: .5rem;
  font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft);
  border-radius: .25rem; }}
button {{ font: inherit; padding: .4rem 1.1rem; margin: 0 .5rem .5rem 0; color: var(--ink);
  background: var(--paper); border: 1px solid var(--ink); border-radius: .25rem; cursor: pointer; }}
button:focus-visible, textarea:focus-visible, a:focus-visible {{ outline: 3px solid var(--live); }}
summary {{ cursor: pointer; }}
"""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'sha256-"
        + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        + "'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""What a browser may load for the page: its one style sheet, and nothing else.
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy"""


def board_page(
    board: Board,
    *,
    token: str,
    new_sending: Callable[[], str],
    link: Callable[[Draft], str],
    told: Told | None = None,
) -> str:
    """The page with all drafts.

    Args:
        token: proves that a form came from this page.
        new_sending: names a form, so that the same one sent twice counts once.
        link: a Workflow's page in the Web UI; "" where there is none.
        told: what came of the decision before.
    """
    shown = {draft.workflow_id for draft in (*board.running, *board.ended)}
    parts = [tag("p", tag("a", words("Load again"), href="/"))]
    if told and told.workflow_id not in shown:
        parts.append(_told(told))
    parts.append(tag("h2", words("Waiting")))
    if not board.running:
        parts.append(
            tag(
                "p",
                words(
                    "No DraftWorkflow runs. Start one: "
                    "python demos/module_one_03_human_in_the_loop/starter.py"
                ),
            )
        )
    for draft in board.running:
        mine = told if told and told.workflow_id == draft.workflow_id else None
        form = _form(draft, token, new_sending(), mine) if draft.waits else ""
        parts.append(_article(draft, link, mine, form))
    if board.more:
        parts.append(tag("p", words(f"More run; these are the latest {len(board.running)}.")))
    if board.ended:
        parts.append(tag("h2", words("Ended")))
    for draft in board.ended:
        mine = told if told and told.workflow_id == draft.workflow_id else None
        parts.append(_article(draft, link, mine, ""))
    # One that is being written is there in a moment. Not while somebody may be typing.
    writing = any(draft.status == "writing" for draft in board.running)
    typing = any(draft.waits for draft in board.running)
    return _page(parts, refresh=writing and not typing)


def words_page(sentences: Sequence[str]) -> str:
    """A page that says why there is no other."""
    paragraphs = [tag("p", words(sentence)) for sentence in sentences if sentence]
    return _page([*paragraphs, tag("p", tag("a", words("To the drafts"), href="/"))])


def _page(parts: Sequence[str], *, refresh: bool = False) -> str:
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta http-equiv="refresh" content="2">' if refresh else "",
        tag("title", words(TITLE)),
        f"<style>{_STYLE}</style>",
    ]
    body = tag("main", tag("h1", words(TITLE)), *parts)
    return f'<!doctype html><html lang="en"><head>{"".join(head)}</head><body>{body}</body></html>'


def _article(draft: Draft, link: Callable[[Draft], str], told: Told | None, form: str) -> str:
    address = link(draft)
    history = tag("a", words("Event History"), href=address, rel="noreferrer") if address else ""
    lines = [tag("h3", words(readable(draft.workflow_id)))]
    lines.append(tag("p", words(_standing(draft)), " " if history else "", history, class_="soft"))
    if told:
        lines.append(_told(told))
    if draft.trouble:
        lines.append(tag("p", words(draft.trouble), class_="told"))
    if draft.text:
        text = tag("div", words(readable(draft.text)), class_="text", dir="auto")
        if draft.ended:
            text = tag("details", tag("summary", words("its text")), text)
        lines.append(text)
    return tag("article", *lines, form, id=draft.workflow_id)


def _standing(draft: Draft) -> str:
    """Where a draft stands, in a sentence or two."""
    if draft.ended:
        how = _ENDINGS.get(draft.status, f"✗ {readable(draft.status)}")
        version = f"version {draft.version}, " if draft.version else ""
        return f"{how} ({version}{age(draft.ended)} ago)."
    started = f"Started {age(draft.started)} ago."
    if draft.waits:
        return f"Version {draft.version} waits for a decision. {started}"
    if draft.status == "writing":
        return f"Version {draft.version + 1} is being written. {started}"
    return started


def _told(told: Told) -> str:
    sign, look = ("✓", "told well") if told.well else ("✗", "told ill")
    return tag("p", words(f"{sign} {readable(told.words)}"), class_=look, role="status")


def _form(draft: Draft, token: str, sending: str, told: Told | None) -> str:
    hidden = {
        "token": token,
        "workflow_id": draft.workflow_id,
        "version": str(draft.version),
        "sending": sending,
    }
    fields = [tag("input", type="hidden", name=n, value=v) for n, v in hidden.items()]
    typed = told.instructions if told else ""
    # A browser drops the first line feed of a text area; this one is for it to drop.
    area = f'<textarea name="instructions" maxlength="2000" required>\n{words(typed)}</textarea>'
    label = tag("label", words("Instructions, for edit (such as: Turn this into a poem)"), area)

    def button(choice: str, shown: str, **more: str) -> str:
        return tag("button", words(shown), name="choice", value=choice, **more)

    # Only an edit needs instructions, so only it may not be sent without them.
    buttons = [
        button("keep", f"Keep version {draft.version}", formnovalidate="formnovalidate"),
        button("edit", "Edit"),
        button("redo", "Redo", formnovalidate="formnovalidate"),
    ]
    return tag("form", *fields, label, *buttons, method="post", action="/decide")


def readable(text: str) -> str:
    """Text without what does not print: control characters, and such as turn text around."""
    return "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)


def age(moment: datetime) -> str:
    """How long ago a moment was, in words."""
    seconds = max(0.0, (datetime.now(timezone.utc) - moment).total_seconds())
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if count := int(seconds // size):
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "a moment"
