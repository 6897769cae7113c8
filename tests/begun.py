"""What a kernel is to other notebooks: it has run `begin`, and is there until its stdin ends."""

import asyncio
import os
import sys

import workshop

asyncio.run(workshop.begin("02"))
print("claimed", os.environ["TEMPORAL_NAMESPACE"], os.getpid(), flush=True)
sys.stdin.read()
