@activity.defn
def generate_summary(input: LLMCallInput) -> ModelResponse:
    # The service is back, and nothing is raised any more.
    return ask_model(input.prompt)
