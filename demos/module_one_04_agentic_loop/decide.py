"""Consent from any machine: shows the steps of an agent, and asks about calls that wait.

python demos/module_one_04_agentic_loop/decide.py [Workflow id]
"""

from conversation import AgentError, as_id, connect, converse, existing

from workshop.core.programs import given, run


async def main(answer: str) -> None:
    workflow_id = as_id(answer)
    if not workflow_id:
        raise AgentError(
            f"{answer!r} is no Workflow id.",
            "It begins with agent-, as starter.py has printed it.",
            "Run this again with the id.",
        )
    await converse(await existing(await connect(workflow_id), workflow_id))


if __name__ == "__main__":
    run(main(given("Which agent? Its Workflow id:")), "The Workflow goes on.")
