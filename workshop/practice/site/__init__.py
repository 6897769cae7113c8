"""The practice site: twenty pages, and the ways in which pages fail, on loopback.

`python -m workshop.practice.site --port 8236` serves it.
"""

SERVICE = "durable-ai-workshop practice site"
"""What `GET /health` says it is, so that it cannot be taken for something else on its port."""

PARTS = 40
"""Parts of the archive, the long download."""

PART_BYTES = 4096
"""Bytes of each part of the archive."""

BROKEN = (
    *("missing", "gone", "forbidden", "error", "busy", "limited", "slow", "endless", "huge"),
    *("zipped", "binary", "empty", "redirect", "redirect_out", "redirect_port", "redirect_file"),
    *("loop", "injection"),
)
"""What can be wrong with a page, each at /broken/{name} and /broken/{name}/{slug of a page}."""
