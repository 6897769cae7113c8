"""`python -m workshop.site`: the practice site in a process of its own."""

from __future__ import annotations

import argparse
import asyncio

from workshop.site.server import PortTaken, serve


def main() -> None:
    """Serve until the process is told to end; says nothing but errors."""
    parser = argparse.ArgumentParser(
        prog="python -m workshop.site", description="Serve the practice site on 127.0.0.1."
    )
    parser.add_argument("--port", type=int, default=8236, help="default 8236")
    given = parser.parse_args()
    try:
        asyncio.run(serve(given.port))
    except PortTaken:
        raise SystemExit(
            f"Port {given.port} is taken by something else; set WORKSHOP_SITE_PORT to a free "
            "port, or end what listens there."
        ) from None


if __name__ == "__main__":
    main()
