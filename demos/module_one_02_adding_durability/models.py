"""What goes into the Workflow and its Activities, and what comes out."""

import os
from dataclasses import dataclass

# The Worker polls it and the starter names it: both take it from here, so they cannot differ.
TASK_QUEUE = os.environ.get("DEMO_TASK_QUEUE", "durable")

# Inputs are kept in the Event History for all to read. An API key is no field of any of them.


@dataclass
class LLMCallInput:
    prompt: str


@dataclass
class PDFGenerationInput:
    content: str
    filename: str = "research_pdf.pdf"


@dataclass
class GenerateReportInput:
    prompt: str
    # Seconds. They are part of the input, and so of the history: a Workflow that read them from
    # the environment could decide otherwise when it is replayed.
    pause_seconds: float = 30
    llm_timeout_seconds: float = 30
    pdf_timeout_seconds: float = 20


@dataclass
class GenerateReportOutput:
    result: str
