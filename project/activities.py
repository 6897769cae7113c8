"""The steps that touch the world outside, and may fail: an LLM call and a file."""

import os
import threading
import uuid
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

from models import LLMCallInput, PDFGenerationInput
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer
from temporalio import activity
from temporalio.exceptions import ApplicationError

# Before the import: otherwise LiteLLM fetches a list of prices from the internet and reads the .env
# of whatever folder it is installed below, which may be another project's.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
import litellm

litellm.suppress_debug_info = True  # no banner in the log for each error

REPORTS = Path("reports")
MAX_CHARACTERS = 100_000
"""Of an answer. Temporal refuses a result of more than 2 MiB, after the call has been paid for."""
one_at_a_time = threading.Lock()


@activity.defn
def llm_call(input: LLMCallInput) -> str:
    model = os.environ.get("LLM_MODEL") or "openai/gpt-4o"
    activity.logger.info("Asking %s", model)
    try:
        response = litellm.completion(
            model=model,
            # From the environment of this process, at the last moment: a key is no input.
            api_key=os.environ.get("LLM_API_KEY") or None,
            api_base=os.environ.get("LLM_API_BASE") or None,
            messages=[{"role": "user", "content": input.prompt}],
            # Seconds of silence. Below the Start-to-Close timeout, so that the call ends first
            # and its error says why.
            timeout=input.timeout_seconds,
            # One request an attempt. Temporal retries, and it alone.
            max_retries=0,
            extra_headers={"X-Client-Request-Id": request_id()},
        )
    except Exception as error:
        raise application_error(error) from None
    text = response.choices[0].message.content or ""
    if not text.strip():
        raise ApplicationError("The model has answered without a text.", type="EmptyAnswer")
    if len(text) > MAX_CHARACTERS:
        raise ApplicationError(
            f"The answer has {len(text):,} characters.", type="AnswerTooLong", non_retryable=True
        )
    return text


def request_id() -> str:
    """Which attempt asks, for the provider's log: the Workflow's id, the Activity and a number.

    https://platform.openai.com/docs/api-reference/debugging-requests
    """
    info = activity.info()
    return quote(f"{info.workflow_id}/{info.activity_type}/{info.attempt}")


def application_error(error: Exception) -> ApplicationError:
    """What Temporal should make of an error of the LLM call: is another attempt any use, and when?

    The HTTP status decides, because LiteLLM's classes differ from provider to provider.
    """
    status = getattr(error, "status_code", None) or 500
    body = getattr(error, "body", None)
    code = body.get("code") if isinstance(body, dict) else None
    headers = getattr(error, "litellm_response_headers", None) or {}
    # An empty account stays empty, although OpenAI calls it 429, as it calls "too fast".
    out_of_money = status == 402 or code == "insufficient_quota"
    may_pass = status >= 500 or status in (408, 409, 425, 429)
    return ApplicationError(
        without_key(f"{status}: {error}")[:1000],
        type=type(error).__name__,
        non_retryable=out_of_money or not may_pass,
        next_retry_delay=retry_after(headers.get("retry-after")),
    )


def retry_after(header: str | None) -> timedelta | None:
    """How long the provider asks us to wait, an hour at most. None: as the Retry Policy says."""
    try:
        seconds = float(header or "")
    except ValueError:  # none, or a date
        return None
    return timedelta(seconds=min(seconds, 3600)) if seconds > 0 else None


def without_key(text: str) -> str:
    """The text without the API key, which some providers repeat in their errors."""
    key = os.environ.get("LLM_API_KEY")
    return text.replace(key, "[the API key]") if key else text


@activity.defn
def create_pdf(input: PDFGenerationInput) -> str:
    """Write the report whole or not at all, so that another attempt can simply do it again."""
    # The last part of a path alone: the file lands in this folder, whatever it is called.
    target = REPORTS / Path(input.filename).name
    draft = target.with_name(f".{uuid.uuid4()}.part")
    activity.logger.info("Writing %s", target)
    REPORTS.mkdir(exist_ok=True)
    try:
        with draft.open("wb") as file:
            with one_at_a_time:  # reportlab's fonts are not made for two threads at once
                SimpleDocTemplate(file, pagesize=letter).build(story(input.content))
            file.flush()
            os.fsync(file.fileno())  # on the disk, before it gets its name
        draft.replace(target)  # one step: nobody sees half a file
    finally:
        draft.unlink(missing_ok=True)
    return str(target)


def story(content: str) -> list[Flowable]:
    styles = getSampleStyleSheet()
    title = ParagraphStyle(
        "CustomTitle", parent=styles["Heading1"], fontSize=24, spaceAfter=30, alignment=1
    )
    text = ParagraphStyle("Text", parent=styles["Normal"], fontName=text_font())
    flowables: list[Flowable] = [Paragraph("Research Report", title), Spacer(1, 20)]
    # A model's text is text: reportlab would read its "<" and "&" as markup, and fail or drop
    # words. What is not valid Unicode becomes a question mark.
    content = content.encode("utf-8", "replace").decode()
    for paragraph in content.split("\n\n"):
        if paragraph.strip():
            lines = escape(paragraph.strip()).replace("\n", "<br/>")
            flowables += [Paragraph(lines, text), Spacer(1, 12)]
    return flowables


def text_font() -> str:
    """PDF_FONT, a TrueType file; otherwise Helvetica, which knows Latin letters alone."""
    file = os.environ.get("PDF_FONT")
    if not file:
        return "Helvetica"
    pdfmetrics.registerFont(TTFont("Text", file))
    return "Text"
