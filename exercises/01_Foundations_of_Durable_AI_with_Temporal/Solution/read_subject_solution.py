def read_subject(text: str) -> Subject:
    try:
        checked = Subject.model_validate_json(text)
    except ValidationError:
        checked = Subject(subject="Research Report")
    return checked
