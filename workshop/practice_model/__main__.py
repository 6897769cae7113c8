"""`python -m workshop.practice_model`: the practice model in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from workshop.practice_model.ledger import LedgerError
from workshop.practice_model.server import PortTaken, serve


def main() -> None:
    """Serve until the process is told to end; says nothing but errors."""
    parser = argparse.ArgumentParser(
        prog="python -m workshop.practice_model",
        description="Serve the offline practice model on 127.0.0.1, in OpenAI's words.",
    )
    parser.add_argument("--port", type=int, default=8234, help="default 8234")
    parser.add_argument("--ledger", type=Path, required=True, help="file for the calls received")
    parser.add_argument("--delay", type=float, default=0.6, help="seconds an answer takes")
    given = parser.parse_args()
    try:
        asyncio.run(serve(given.port, given.ledger, given.delay))
    except PortTaken:
        raise SystemExit(
            f"Port {given.port} is taken by something else; set WORKSHOP_PRACTICE_PORT to a free "
            "port, or end what listens there."
        ) from None
    except LedgerError as problem:
        raise SystemExit(str(problem)) from None


if __name__ == "__main__":
    main()
