@activity.defn
def send_digest(letter: Letter) -> str:
    text = f"{letter.subject}\n\n{letter.text}\n"
    Path("outbox").mkdir(exist_ok=True)
    name = f"{activity.info().workflow_id}.txt"
    file = Path("outbox", name)
    draft = Path("outbox", f"{name}.part")
    draft.write_text(text)
    draft.replace(file)
    return name
