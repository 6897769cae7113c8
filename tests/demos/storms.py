"""How long a storm of a seed goes on: until each kind of thing has happened often enough.

The choices of a run come from the seed; what comes of them depends on the moments as well, which
no two runs of a test share. So a number of runs is no promise of what they will hold: a storm goes
on while something is rare, and only one that has gone on for long has really left it out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping

AS_MANY_AGAIN = 2
"""A storm may go on for so many times its own length."""


def rare(happened: Mapping[str, int], often: int, kinds: tuple[str, ...]) -> dict[str, int]:
    """The kinds that did not happen so often, each with how often it did."""
    return {kind: happened.get(kind, 0) for kind in kinds if happened.get(kind, 0) < often}


def runs(planned: range, missing: Callable[[], object]) -> Iterator[int]:
    """The planned numbers, and then further ones while something is missing."""
    longest = planned.stop + AS_MANY_AGAIN * (planned.stop - planned.start)
    for number in itertools.count(planned.start, planned.step):
        if number >= planned.stop and (number >= longest or not missing()):
            return
        yield number
