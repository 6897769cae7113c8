"""Reports: Markdown from a model becomes a PDF, safe and whole.

with whole_file(filename) as path:
    doc = SimpleDocTemplate(str(path), pagesize=letter)
    doc.build(story(content), onFirstPage=page_number, onLaterPages=page_number)
"""

from __future__ import annotations

from typing import Any

from workshop.report.files import ReportFileError, first_page, remark, safe_name, whole_file
from workshop.report.fonts import SANS, held
from workshop.report.story import GREY, TITLE, story

__all__ = [
    "ReportFileError",
    "first_page",
    "page_number",
    "remark",
    "safe_name",
    "story",
    "whole_file",
]


def page_number(canvas: Any, doc: Any) -> None:
    """Draw "Page n" at the foot, and name the PDF; for `onFirstPage` and `onLaterPages`.

    The PDF's own title is the document's `title`, else the one of `story`. No path enters it.
    (https://docs.reportlab.com/reportlab/userguide/ch5_platypus/#simpledoctemplate)
    """
    held()
    number = canvas.getPageNumber()
    if number == 1:
        canvas.setTitle(doc.title or TITLE)
        canvas.setSubject(doc.subject or "")
        canvas.setAuthor(doc.author or "")
        canvas.setCreator(doc.creator or "Durable AI Workshop")
    canvas.saveState()
    canvas.setFont(SANS, 8)
    canvas.setFillColor(GREY)
    canvas.drawCentredString(
        doc.pagesize[0] / 2, min(doc.bottomMargin * 0.55, 40), f"Page {number}"
    )
    canvas.restoreState()
