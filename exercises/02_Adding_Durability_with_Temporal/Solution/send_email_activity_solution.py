@activity.defn
def send_email(input: EmailInput) -> str:
    raise ApplicationError("The e-mail service is not available")
