"""The reviewer, on any machine: reads the latest draft of a Workflow, and decides.

python demos/module_one_03_human_in_the_loop/decide.py [Workflow id]
"""

import asyncio
import sys

from conversation import DraftError, as_id, connect, converse, existing

from workshop.errors import WorkshopError
from workshop.notebook import quiet_core


async def main(answer: str) -> None:
    workflow_id = as_id(answer)
    if not workflow_id:
        raise DraftError(
            f"{answer!r} is no Workflow id.",
            "It begins with draft-, as starter.py or a notebook has printed it.",
            "Run this again with the id.",
        )
    await converse(await existing(await connect(), workflow_id))


if __name__ == "__main__":
    quiet_core()
    try:
        asyncio.run(main(" ".join(sys.argv[1:]) or input("Which draft? Its Workflow id: ")))
    except WorkshopError as error:
        sys.exit("✗ " + "\n  ".join(error.lines()))
    except (EOFError, KeyboardInterrupt):
        print("\nNothing was decided. The Workflow waits on.")
