"""`python -m workshop.practice.site`: the practice site in a process of its own."""

from __future__ import annotations

import argparse

from workshop.practice.processes.served import serve
from workshop.practice.site.server import PracticeSite


def main() -> None:
    """Serve until the process is told to end; says nothing but errors."""
    parser = argparse.ArgumentParser(
        prog="python -m workshop.practice.site", description="Serve the practice site on 127.0.0.1."
    )
    parser.add_argument("--port", type=int, default=8236, help="default 8236")
    given = parser.parse_args()
    serve(lambda: PracticeSite(given.port), "WORKSHOP_SITE_PORT")


if __name__ == "__main__":
    main()
