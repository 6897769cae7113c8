from email.message import EmailMessage
from pathlib import Path


@activity.defn
def send_email(input: EmailInput) -> str:
    # The service is back, and nothing is raised any more.
    message = EmailMessage()
    message["To"], message["Subject"] = input.to, "Your research report"
    message.set_content("The report is attached.")
    report = Path(input.attachment)
    message.add_attachment(
        report.read_bytes(), maintype="application", subtype="pdf", filename=report.name
    )
    outbox = Path("outbox")
    outbox.mkdir(exist_ok=True)
    (outbox / f"{activity.info().workflow_id}.eml").write_bytes(bytes(message))
    return f"Sent {report.name} to {input.to}"
