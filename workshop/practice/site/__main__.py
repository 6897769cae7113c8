"""`python -m workshop.practice.site`: the practice site in a process of its own."""

from __future__ import annotations

from argparse import ArgumentParser

from workshop.practice.processes.served import serve
from workshop.practice.site.server import PracticeSite

if __name__ == "__main__":
    parser = ArgumentParser(
        prog="python -m workshop.practice.site", description="Serve the practice site on 127.0.0.1."
    )
    serve(parser, PracticeSite, port=8236, setting="WORKSHOP_SITE_PORT")
