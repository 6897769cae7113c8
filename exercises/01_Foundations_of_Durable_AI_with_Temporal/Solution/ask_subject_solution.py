def ask_subject(prompt: str) -> str:
    question = f"Name the subject of this request, and how many facts it asks for: {prompt}"
    response = completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": question}],
        response_format=Subject,
        timeout=settings.llm_timeout,
        max_retries=0,
    )
    return response["choices"][0]["message"]["content"]
