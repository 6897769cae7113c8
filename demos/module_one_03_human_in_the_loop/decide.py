"""The reviewer, on any machine: reads the latest draft of a Workflow, and decides.

python demos/module_one_03_human_in_the_loop/decide.py [Workflow id]
"""

from conversation import DraftError, as_id, connect, converse, existing

from workshop.core.programs import given, run


async def main(answer: str) -> None:
    workflow_id = as_id(answer)
    if not workflow_id:
        raise DraftError(
            f"{answer!r} is no Workflow id.",
            "It begins with draft-, as starter.py or a notebook has printed it.",
            "Run this again with the id.",
        )
    await converse(await existing(await connect(workflow_id), workflow_id))


if __name__ == "__main__":
    run(main(given("Which draft? Its Workflow id:")), "The Workflow waits on.")
