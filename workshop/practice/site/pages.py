"""The HTML around what the practice site's pages say."""

from __future__ import annotations

import html

from workshop.practice.texts import with_pages

ARTICLES = with_pages()
"""The twenty good pages, in the site's order."""


def as_html(slug: str, title: str, text: str) -> str:
    """The page with what pages have around their text: navigation, scripts, styles, a footer."""
    paragraphs = "\n".join(
        f"    <p>{html.escape(' '.join(paragraph.split()))}</p>"
        for paragraph in text.strip().split("\n\n")
    )
    links = " ".join(f'<a href="/pages/{other.slug}">{other.title}</a>' for other in ARTICLES)
    title = html.escape(title)
    return f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title} - the practice site</title>
  <style>body {{ font-family: sans-serif; max-width: 42em; margin: 2em auto; }}</style>
  <script>window.counted = window.counted || [];</script>
</head>
<body>
  <header>The practice site</header>
  <nav aria-label="All pages">{links}</nav>
  <main>
    <h1>{title}</h1>
{paragraphs}
  </main>
  <footer>Served from this machine, for practice.</footer>
  <script>window.counted.push("{slug}");</script>
</body>
</html>
"""
