"""`python -m workshop.practice.model`: the practice model in a process of its own."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from workshop.practice.model.server import PracticeServer
from workshop.practice.processes.served import serve


def main() -> None:
    """Serve until the process is told to end; says nothing but errors."""
    parser = argparse.ArgumentParser(
        prog="python -m workshop.practice.model",
        description="Serve the offline practice model on 127.0.0.1, in OpenAI's words.",
    )
    parser.add_argument("--port", type=int, default=8234, help="default 8234")
    parser.add_argument("--ledger", type=Path, required=True, help="file for the calls received")
    parser.add_argument("--delay", type=float, default=0.6, help="seconds an answer takes")
    given = parser.parse_args()
    # What they would log is of use to nobody here, and could repeat a request.
    for name in ("aiohttp.server", "aiohttp.web", "aiohttp.access", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    serve(lambda: PracticeServer(**vars(given)), "WORKSHOP_PRACTICE_PORT")


if __name__ == "__main__":
    main()
