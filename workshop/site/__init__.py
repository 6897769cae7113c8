"""The practice site: twenty pages, and the ways in which pages fail, on loopback.

`python -m workshop.site --port 8236` serves it. This package imports nothing heavy: the server is
a process of its own and stays small.
"""

SERVICE = "durable-ai-workshop practice site"
"""What `GET /health` says it is, so that it cannot be taken for something else on its port."""

PARTS = 40
"""Parts of the archive, the long download."""

PART_BYTES = 4096
"""Bytes of each part of the archive."""
