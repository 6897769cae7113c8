"""Research as a careful script: retries and a saved answer, made by hand. See what that misses.

python demos/module_one_01_foundations_ai/careful.py
"""

import asyncio
import hashlib
import os
import sys
import time
from pathlib import Path

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
from litellm.exceptions import InternalServerError, RateLimitError, Timeout

TOPIC = os.environ.get("DEMO_TOPIC", "Give me 3 facts about sustainable energy")
# The moment for a crash. Seconds between the answer and its save; without one it is short.
PAUSE_SECONDS = int(os.environ.get("DEMO_PAUSE_SECONDS", "0"))

answers = Path(os.environ.get("DEMO_ANSWERS") or load().folder / "answers")


def file_of(prompt: str) -> Path:
    return answers / f"{hashlib.sha256(prompt.encode()).hexdigest()[:12]}.txt"


def llm_call(prompt: str) -> ModelResponse:
    settings = load()
    return completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": prompt}],
        timeout=settings.llm_timeout,
        max_retries=0,
    )


def saved_call(prompt: str) -> str:
    file = file_of(prompt)
    draft = file.with_suffix(f".{os.getpid()}.part")
    if file.exists():
        print("✓ The answer is saved already. Nobody is asked.", flush=True)
        return file.read_text(encoding="utf-8")
    print("No answer is saved. Asking the model.", flush=True)
    for attempt in (1, 2, 3):
        try:
            response = llm_call(prompt)
            break
        except (RateLimitError, Timeout, InternalServerError):
            if attempt == 3:
                raise
            time.sleep(attempt)
    content = response["choices"][0]["message"]["content"]
    print("✓ The model has answered, and has charged for it. Not saved yet.", flush=True)
    time.sleep(PAUSE_SECONDS)
    draft.write_text(content, encoding="utf-8")
    draft.replace(file)
    return content


def create_pdf(content: str, filename: str = "careful_report.pdf") -> str:
    with whole_file(filename) as path:
        document = SimpleDocTemplate(str(path), pagesize=letter)
        pages = {"onFirstPage": page_number, "onLaterPages": page_number}
        document.build(story(content, title="Research Report"), **pages)
    return safe_name(filename)


def main() -> None:
    if load().practice:
        asyncio.run(process.ensure(load()))  # the practice model, unless it runs already
    attach(load())  # lets the receipt count this app's calls
    answers.mkdir(parents=True, exist_ok=True)
    print(f"✓ Written: {create_pdf(saved_call(TOPIC))}")


if __name__ == "__main__":
    try:
        main()
    except WorkshopError as error:
        sys.exit("✗ " + "\n  ".join(error.lines()))
    except KeyboardInterrupt:
        sys.exit("\n✗ Killed. Run me again, and look at the receipt.")
