"""Research as a plain script: ask a model, write a PDF. A crash in between loses the answer.

python demos/module_one_01_foundations_ai/app.py
"""

import asyncio
import os
import sys
import time

from reportlab.lib.pagesizes import letter
from reportlab.platypus import SimpleDocTemplate

from workshop.core.errors import WorkshopError
from workshop.core.settings import load
from workshop.practice.model import process
from workshop.toolbox.report import page_number, safe_name, story, whole_file
from workshop.watching.metering import attach

# LiteLLM comes after workshop, which has told it by now to ask nobody for a list of prices.
# isort: split
from litellm import ModelResponse, completion

DEFAULT_TOPIC = "Give me 5 fun facts about tardigrades"
# The moment for a crash. Seconds between the answer and the PDF.
PAUSE_SECONDS = int(os.environ.get("DEMO_PAUSE_SECONDS", "10"))


def ask_topic() -> str:
    try:
        topic = input("What shall I research? (Enter: tardigrades) ").strip()
    except EOFError:  # nobody sits at the keyboard
        topic = ""
        print()
    return topic or DEFAULT_TOPIC


def llm_call(prompt: str) -> ModelResponse:
    settings = load()
    return completion(
        model=settings.llm_model,
        # Out of its wrapper at the last moment: a key is never printed and never stored.
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": prompt}],
        timeout=settings.llm_timeout,
        max_retries=0,
    )


def create_pdf(content: str, filename: str = "research_report.pdf") -> str:
    with whole_file(filename) as path:
        document = SimpleDocTemplate(str(path), pagesize=letter)
        pages = {"onFirstPage": page_number, "onLaterPages": page_number}
        document.build(story(content, title="Research Report"), **pages)
    return safe_name(filename)


def count_down() -> None:
    print(f"Kill me now: Ctrl+C, or `kill -9 {os.getpid()}` elsewhere. The PDF comes in", end="")
    for left in range(PAUSE_SECONDS, 0, -1):
        print(f" {left}", end="", flush=True)
        time.sleep(1)
    print()


def main() -> None:
    if load().practice:
        asyncio.run(process.ensure(load()))  # the practice model, unless it runs already
    attach(load())  # lets the receipt count this app's calls
    topic = ask_topic()
    print(f"Asking the model: {topic}", flush=True)
    content = llm_call(topic)["choices"][0]["message"]["content"]
    print("✓ The model has answered, and has charged for it. The answer is in a variable.")
    count_down()
    print(f"✓ Written: {create_pdf(content)}")


if __name__ == "__main__":
    try:
        main()
    except WorkshopError as error:
        sys.exit("✗ " + "\n  ".join(error.lines()))
    except KeyboardInterrupt:
        sys.exit("\n✗ Killed. What was in memory is gone: run me again, and look at the receipt.")
