found = {
    "Task Queue": "research",
    "first Activity": "llm_call",
    "field of its input": "prompt",
    "second Activity": "create_pdf_activity",
    "its output": "research_pdf.pdf",
    "its timeout": "10",
    "field of the result": "result",
}
