def llm_call(prompt: str, timeout: float = settings.llm_timeout) -> ModelResponse:
    response = completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": prompt}],
        timeout=timeout,
        max_retries=0,
    )
    return response
