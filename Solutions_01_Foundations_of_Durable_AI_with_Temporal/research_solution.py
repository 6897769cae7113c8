def research(prompt: str, filename: str = "research_pdf.pdf") -> str:
    response = llm_call(prompt)
    content = response["choices"][0]["message"]["content"]
    pdf_name = create_pdf(content, filename)
    return pdf_name
