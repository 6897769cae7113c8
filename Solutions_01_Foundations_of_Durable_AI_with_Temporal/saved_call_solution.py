def saved_call(prompt: str) -> str:
    file = file_of(prompt)
    draft = file.with_suffix(".part")
    if file.exists():
        return file.read_text(encoding="utf-8")
    for attempt in (1, 2, 3):
        try:
            response = llm_call(prompt)
            break
        except (RateLimitError, Timeout, InternalServerError):
            if attempt == 3:
                raise
            time.sleep(attempt)
    content = response["choices"][0]["message"]["content"]
    draft.write_text(content, encoding="utf-8")
    draft.replace(file)
    return content
