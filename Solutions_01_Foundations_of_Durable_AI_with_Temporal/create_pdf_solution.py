from reportlab.lib.pagesizes import letter
from reportlab.platypus import SimpleDocTemplate

from workshop.report import page_number, safe_name, story, whole_file


def create_pdf(content: str, filename: str = "research_pdf.pdf") -> str:
    with whole_file(filename) as path:
        document = SimpleDocTemplate(str(path), pagesize=letter)
        pages = {"onFirstPage": page_number, "onLaterPages": page_number}
        document.build(story(content, title="Research Report"), **pages)
    return safe_name(filename)
