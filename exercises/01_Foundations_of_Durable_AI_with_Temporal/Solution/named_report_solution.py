def named_report(prompt: str) -> str:
    content = llm_call(prompt)["choices"][0]["message"]["content"]
    subject = read_subject(ask_subject(prompt))
    title, name = subject.subject.capitalize(), subject.subject
    with whole_file(name) as path:
        document = SimpleDocTemplate(str(path), pagesize=letter)
        pages = {"onFirstPage": page_number, "onLaterPages": page_number}
        document.build(cover(title, prompt) + story(content, title=title), **pages)
    return safe_name(name)
