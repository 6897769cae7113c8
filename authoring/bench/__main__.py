"""`python -m authoring.bench`: measure, and print the tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from authoring.bench import Row, kernel, machine, start, table

SECTIONS: dict[str, tuple[str, Callable[[int], Sequence[Row]], int]] = {
    "lab": ("make lab, to JupyterLab answering", start.lab, 3),
    "begin": ("The import and begin", start.begin, 5),
    "lesson": ("Finished lesson 02, top to bottom", kernel.lesson, 2),
    "report": ("One report: through Temporal, and its two calls made directly", kernel.report, 5),
}
"""What is measured, by the name for --only: its title, how, and how many times."""


def main(words: list[str] | None = None) -> int:
    """Print the tables. Returns 0 unless something could not be measured at all."""
    parser = argparse.ArgumentParser(
        prog="python -m authoring.bench",
        description="Measure the workshop's speed and memory. Nothing fails because it is slow.",
    )
    parser.add_argument("--only", nargs="+", choices=[*SECTIONS], metavar="NAME",
                        help=f"some of it: {', '.join(SECTIONS)}")  # fmt: skip
    parser.add_argument("--times", type=int, help="repetitions, instead of each one's own number")
    asked = parser.parse_args(words)
    if asked.times is not None and asked.times < 1:
        parser.error("--times is 1 or more")
    print(machine(), end="\n\n", flush=True)
    failed = 0
    for name in asked.only or SECTIONS:
        title, measure, times = SECTIONS[name]
        try:
            print(table(title, measure(asked.times or times)), flush=True)
        except Exception as error:  # the others can be measured still
            failed += 1
            print(f"✗ {name} could not be measured: {error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
