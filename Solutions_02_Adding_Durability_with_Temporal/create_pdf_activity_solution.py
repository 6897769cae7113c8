from reportlab.lib.pagesizes import letter
from reportlab.platypus import SimpleDocTemplate

from workshop.report import page_number, safe_name, story, whole_file


@activity.defn
def create_pdf_activity(input: PDFGenerationInput) -> str:
    with whole_file(input.filename) as path:
        document = SimpleDocTemplate(str(path), pagesize=letter)
        pages = {"onFirstPage": page_number, "onLaterPages": page_number}
        document.build(story(input.content, title="Research Report"), **pages)
    return safe_name(input.filename)
