"""`python -m workshop.practice.model`: the practice model in a process of its own."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from pathlib import Path

from workshop.practice.model.server import PracticeServer
from workshop.practice.processes.served import serve

if __name__ == "__main__":
    parser = ArgumentParser(
        prog="python -m workshop.practice.model",
        description="Serve the offline practice model on 127.0.0.1, in OpenAI's words.",
    )
    parser.add_argument("--ledger", type=Path, required=True, help="file for the calls received")
    parser.add_argument("--delay", type=float, default=0.6, help="seconds an answer takes")
    # What they would log is of use to nobody here, and could repeat a request.
    for name in ("aiohttp.server", "aiohttp.web", "aiohttp.access", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    serve(parser, PracticeServer, port=8234, setting="WORKSHOP_PRACTICE_PORT")
