"""The review page: drafts that wait for a person, with keep, edit and redo, on loopback.

`python -m workshop review` starts it. Beside this file are `drafts` (Queries and Updates of real
Workflows), `page` (HTML) and `server` (who may ask for it, and who may not).
"""

import argparse
import functools

from server import PORT, serve

from workshop.demos import load, run, temporal_service


async def main(port: int) -> None:
    await temporal_service.ensure(load())
    await serve(load(), port=port, say=functools.partial(print, flush=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Serve the review page.")
    parser.add_argument("--port", type=int, default=PORT)
    run(main(parser.parse_args().port), "The drafts wait on.")
