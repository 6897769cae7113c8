"""The steps that touch the world outside, and may fail: an LLM call and a file."""

from models import LLMCallInput, PDFGenerationInput
from reportlab.lib.pagesizes import letter
from reportlab.platypus import SimpleDocTemplate
from temporalio import activity

from workshop.core.settings import load
from workshop.toolbox.report import page_number, safe_name, story, whole_file

# LiteLLM comes after workshop, which has told it by now to ask nobody for a list of prices.
# isort: split
from litellm import ModelResponse, completion


@activity.defn
def llm_call(input: LLMCallInput) -> ModelResponse:
    print(f"llm_call, attempt {activity.info().attempt}: asking the model", flush=True)
    settings = load()
    return completion(
        model=settings.llm_model,
        # Out of its wrapper at the last moment, and in no input or output.
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": input.prompt}],
        # One request an attempt: Temporal retries. So much silence, and the call ends by itself,
        # before the Start-to-Close timeout does.
        timeout=settings.llm_timeout,
        max_retries=0,
    )


@activity.defn
def create_pdf_activity(input: PDFGenerationInput) -> str:
    print(f"create_pdf_activity, attempt {activity.info().attempt}: writing", flush=True)
    # Whole or not at all: a crash leaves no half PDF, and a second attempt may repeat it.
    with whole_file(input.filename) as path:
        document = SimpleDocTemplate(str(path), pagesize=letter)
        pages = {"onFirstPage": page_number, "onLaterPages": page_number}
        document.build(story(input.content, title="Research Report"), **pages)
    return safe_name(input.filename)
