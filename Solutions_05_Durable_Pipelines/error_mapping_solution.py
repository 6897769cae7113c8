def out_of_money(error: RateLimitError) -> bool:
    return isinstance(error.body, dict) and error.body.get("code") == "insufficient_quota"


@activity.defn
def call_llm(prompt: str) -> Summary:
    try:
        answer = ask_model(prompt)
    except RateLimitError as error:
        if out_of_money(error):
            raise ApplicationError(
                "the account is empty", type="QuotaExhausted", non_retryable=True
            ) from None
        wait = retry_after(error.litellm_response_headers)
        raise ApplicationError(
            "too many requests", type="RateLimitError", next_retry_delay=wait
        ) from None
    except APIError as error:  # the parent of what LiteLLM raises
        final = error.status_code < 500 and error.status_code not in (408, 409)
        kind = type(error).__name__
        raise ApplicationError(str(error), type=kind, non_retryable=final) from None
    return summary_of(answer)
