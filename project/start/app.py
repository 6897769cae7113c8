"""Research as a plain script: ask a model, write a PDF. A crash in between loses the answer."""

import os
import sys
import time

from dotenv import load_dotenv
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

# Before the import: otherwise LiteLLM fetches a list of prices from the internet and reads the .env
# of whatever folder it is installed below, which may be another project's.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
from litellm import ModelResponse, completion

load_dotenv()  # reads .env

PAUSE_SECONDS = float(os.environ.get("PAUSE_SECONDS") or 0)


def llm_call(prompt: str) -> ModelResponse:
    return completion(
        model=os.environ["LLM_MODEL"],
        api_key=os.environ.get("LLM_API_KEY") or None,
        api_base=os.environ.get("LLM_API_BASE") or None,
        messages=[{"content": prompt, "role": "user"}],
    )


def create_pdf(content: str, filename: str) -> str:
    doc = SimpleDocTemplate(filename, pagesize=letter)

    styles = getSampleStyleSheet()
    title_style = ParagraphStyle(
        "CustomTitle", parent=styles["Heading1"], fontSize=24, spaceAfter=30, alignment=1
    )

    story: list[Flowable] = [Paragraph("Research Report", title_style), Spacer(1, 20)]
    for paragraph in content.split("\n\n"):
        if paragraph.strip():
            story += [Paragraph(paragraph.strip(), styles["Normal"]), Spacer(1, 12)]

    doc.build(story)
    return filename


if __name__ == "__main__":
    print("Welcome to the Research Report Generator!")
    prompt = " ".join(sys.argv[1:]) or input("Enter your research topic or question: ")
    result = llm_call(prompt)

    content = result.choices[0].message.content
    print(content)

    print(f"The PDF comes in {PAUSE_SECONDS:g} s.", flush=True)
    time.sleep(PAUSE_SECONDS)
    print("Written:", create_pdf(content, "research_report.pdf"))
