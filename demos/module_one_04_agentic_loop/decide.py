"""Consent from any machine: shows the steps of an agent, and asks about calls that wait.

python demos/module_one_04_agentic_loop/decide.py [Workflow id]
"""

from conversation import AGENT, converse

from workshop.demos import connect, given, run


async def main(answer: str) -> None:
    workflow_id = AGENT.required_id(answer)
    await converse(await AGENT.existing(await connect(workflow_id), workflow_id))


if __name__ == "__main__":
    run(main(given("Which agent? Its Workflow id:")), "The Workflow goes on.")
