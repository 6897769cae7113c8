"""Research as a careful script: retries and a saved answer, made by hand. See what that misses.

python demos/module_one_01_foundations_ai/careful.py [topic]
"""

import hashlib
import os
import sys
import time
from pathlib import Path

# The PDF is written as the plain script writes it.
sys.path.append(str(Path(__file__).resolve().parents[2] / "project" / "start"))
from app import create_pdf
from litellm import ModelResponse, completion
from litellm.exceptions import InternalServerError, RateLimitError, Timeout

TOPIC = "Give me 3 facts about sustainable energy"
# The moment for a crash. Seconds between the answer and its save; without one it is short.
PAUSE_SECONDS = float(os.environ.get("PAUSE_SECONDS") or 0)
ANSWERS = Path("answers")


def file_of(prompt: str) -> Path:
    return ANSWERS / f"{hashlib.sha256(prompt.encode()).hexdigest()[:12]}.txt"


def llm_call(prompt: str) -> ModelResponse:
    return completion(
        model=os.environ["LLM_MODEL"],
        api_key=os.environ.get("LLM_API_KEY") or None,
        api_base=os.environ.get("LLM_API_BASE") or None,
        messages=[{"role": "user", "content": prompt}],
        timeout=float(os.environ.get("LLM_TIMEOUT") or 20),
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
    ANSWERS.mkdir(exist_ok=True)
    draft.write_text(content, encoding="utf-8")
    draft.replace(file)
    return content


if __name__ == "__main__":
    answer = saved_call(" ".join(sys.argv[1:]) or TOPIC)
    # Whole or not at all, like the answer: written elsewhere, then renamed.
    written = Path(create_pdf(answer, f".report.{os.getpid()}.part"))
    print(f"✓ Written: {written.replace('careful_report.pdf')}")
