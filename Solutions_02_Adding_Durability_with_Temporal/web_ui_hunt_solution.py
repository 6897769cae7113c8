found = {
    "Task Queue": "research",
    "first Activity": "llm_call",
    "second Activity": "create_pdf_activity",
    "timeout of the second": "10",
    "file": "research_pdf.pdf",
}
