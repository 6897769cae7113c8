"""The reviewer, on any machine: reads the latest draft of a Workflow, and decides.

python demos/module_one_03_human_in_the_loop/decide.py [Workflow id]
"""

from conversation import DRAFT, converse

from workshop.demos import connect, given, run


async def main(answer: str) -> None:
    workflow_id = DRAFT.required_id(answer)
    await converse(await DRAFT.existing(await connect(workflow_id), workflow_id))


if __name__ == "__main__":
    run(main(given("Which draft? Its Workflow id:")), "The Workflow waits on.")
