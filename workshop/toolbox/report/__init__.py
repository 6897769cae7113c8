"""Reports: Markdown from a model becomes a PDF, safe and whole.

with whole_file(filename) as path:
    doc = SimpleDocTemplate(str(path), pagesize=letter)
    doc.build(story(content), onFirstPage=page_number, onLaterPages=page_number)
"""

from __future__ import annotations

from typing import Any

from workshop.toolbox.report.files import ReportFileError, first_page, remark, safe_name, whole_file
from workshop.toolbox.report.fonts import SANS, held
from workshop.toolbox.report.story import GREY, story

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
    """Draw "Page n" at the foot; for `onFirstPage` and `onLaterPages`.

    (https://docs.reportlab.com/reportlab/userguide/ch5_platypus/#simpledoctemplate)
    """
    held()  # the faces are registered
    canvas.saveState()
    canvas.setFont(SANS, 8)
    canvas.setFillColor(GREY)
    place = doc.pagesize[0] / 2, min(doc.bottomMargin * 0.55, 40)
    canvas.drawCentredString(*place, f"Page {canvas.getPageNumber()}")
    canvas.restoreState()
