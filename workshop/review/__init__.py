"""The review page: drafts that wait for a person, with keep, edit and redo, on loopback.

Below it lie `drafts` (Queries and Updates of real Workflows), `page` (HTML) and `server` (who may
ask for it, and who may not).
"""

from workshop.review.server import PORT, serve

__all__ = ["PORT", "serve"]
