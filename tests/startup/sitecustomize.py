"""In every Python process of a room: a quick start where tests offer one, and a guard."""

import os

if os.environ.get("WORKSHOP_TEST_NURSERY"):
    import forked

    if own := forked.words():
        forked.become(os.environ["WORKSHOP_TEST_NURSERY"], own)
if "WORKSHOP_TEST_GUARD" in os.environ:
    import guard  # noqa: F401
