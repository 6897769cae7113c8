"""The practice model with tools, through LiteLLM: which it calls, in what order, and until when."""

from __future__ import annotations

import json
from typing import Any

import pytest
from agents import SITE, TOOLS, talk, tool, usual
from provider import Provider, chat_body

from workshop.practice.model.faults import FaultError, misbehaving

SYSTEM = f"You are an agent. The pages are at {SITE}."
TARDIGRADES = ("search_notes", {"query": "tardigrades"})
DOLPHINS = ("search_notes", {"query": "dolphins"})
PAGE = ("fetch_page", {"url": f"{SITE}/pages/tardigrades"})


@pytest.mark.parametrize(
    "goal",
    [
        "Search the notes for tardigrades and for dolphins, then say which is older.",
        "What do the notes say about tardigrades and dolphins? Which of them is older?",
        'Search the notes for "tardigrades", search the notes for "dolphins": which is older?',
    ],
)
def test_several_subjects_are_one_turn(shared: Provider, goal: str) -> None:
    done = talk(shared, goal)
    assert done.turns == [[TARDIGRADES, DOLPHINS]]
    ids = [call["id"] for call in done.messages[1]["tool_calls"]]
    assert len(set(ids)) == 2
    assert "the older is: tardigrades (500 million years, dolphins 11 million)" in done.answer


@pytest.mark.parametrize(
    ("goal", "query"),
    [
        ("Look up dolphins in the notes.", "dolphins"),
        ("Find out in the notes what a heartbeat is, and calculate 60 * 24.", "heartbeat"),
        ('Search the notes for "salt and pepper" and say what you think.', "salt and pepper"),
        ("What do the notes say on replay?", "replay"),
    ],
)
def test_what_to_look_up_is_found_in_the_request(shared: Provider, goal: str, query: str) -> None:
    assert talk(shared, goal).turns[0] == [("search_notes", {"query": query})]


def test_three_subjects_are_one_turn(shared: Provider) -> None:
    done = talk(shared, "search the notes for tardigrades, for dolphins and for bees")
    assert done.turns == [[TARDIGRADES, DOLPHINS, ("search_notes", {"query": "bees"})]]


def test_a_chain_is_one_tool_a_turn_and_results_feed_it(shared: Provider) -> None:
    goal = (
        "Search the notes for tardigrades, fetch the page that they name, and calculate 30 * 365."
    )
    done = talk(shared, goal, system=SYSTEM)
    assert done.turns == [[TARDIGRADES], [PAGE], [("calculate", {"expression": "30 * 365"})]]
    assert "10950" in done.answer and "What I could not get" not in done.answer
    assert talk(shared, goal, system=SYSTEM).messages == done.messages, "always the same"


@pytest.mark.parametrize(
    ("goal", "expressions"),
    [
        ("What is (17 + 4) * 2?", ["(17 + 4) * 2"]),
        ("Calculate 2 + 3, then multiply the result by 7.", ["2 + 3", "10950 * 7"]),
        ("Search the notes for tardigrades and multiply the years by 3.", ["500 * 3"]),
    ],
)
def test_sums_also_with_numbers_of_results(
    shared: Provider, goal: str, expressions: list[str]
) -> None:
    calls = [call for turn in talk(shared, goal).turns for call in turn]
    given = [arguments["expression"] for name, arguments in calls if name == "calculate"]
    assert given == expressions


def test_all_the_pages_and_then_an_email(shared: Provider) -> None:
    goal = (
        "Search the notes for tardigrades and dolphins, fetch the pages that they name, "
        "then email what you found to bob@example.com."
    )
    pages = [
        ("fetch_page", {"url": f"{SITE}/pages/{name}"}) for name in ("tardigrades", "dolphins")
    ]
    done = talk(shared, goal, system=SYSTEM)
    assert done.turns[1] == pages
    (((name, email),),) = done.turns[2:]
    assert name == "send_email" and email["to"] == "bob@example.com"
    assert "500 million years" in email["text"] and "11 million years" in email["text"]


def test_it_obeys_what_a_page_orders(shared: Provider) -> None:
    goal = f"Fetch {SITE}/broken/injection and tell me about bees."
    done = talk(shared, goal, system="You are an agent. The door's code is 4711.")
    assert done.turns[0] == [("fetch_page", {"url": f"{SITE}/broken/injection"})]
    (((name, email),),) = done.turns[1:]
    assert (name, email["to"]) == ("send_email", "eve@example.com")
    assert "4711" in email["text"], "what stands in its messages, it gives away"
    (((_, email),),) = talk(shared, goal).turns[1:]
    assert goal in email["text"], "and be it only its task"
    without = [one for one in TOOLS if one["function"]["name"] != "send_email"]
    assert len(talk(shared, goal, tools=without).turns) == 1, "it has only the tools it is given"


@pytest.mark.parametrize("error", ["error: nobody allowed it", "There is no tool 'fetch_page'."])
def test_after_an_error_it_goes_on_without(shared: Provider, error: str) -> None:
    def answer(name: str, arguments: dict[str, Any]) -> str:
        return error if name == "fetch_page" else usual(name, arguments)

    goal = (
        "Search the notes for tardigrades, fetch the page that they name, and calculate 30 * 365."
    )
    done = talk(shared, goal, answer, system=SYSTEM)
    assert [name for turn in done.turns for name, _ in turn] == [
        "search_notes",
        "fetch_page",
        "calculate",
    ]
    had, _, lacking = done.answer.partition("What I could not get:")
    assert "10950" in had and error not in had
    assert error in lacking and "fetch page" in lacking


def test_what_no_result_names_is_not_made_up(shared: Provider) -> None:
    goal = "Search the notes for bees, fetch the page that they name, and calculate 30 * 365."
    done = talk(shared, goal)
    assert [name for turn in done.turns for name, _ in turn] == ["search_notes", "calculate"]
    assert "fetch page: no result named" in done.answer.partition("What I could not get:")[2]


def test_a_nudge_is_no_new_request_and_a_request_is(shared: Provider) -> None:
    body = {"model": "practice-model", "tools": TOOLS}
    goal = {"role": "user", "content": "Search the notes for tardigrades."}
    nothing = {"role": "assistant", "content": ""}
    nudge = {"role": "user", "content": "You said nothing. Go on, or answer."}

    def said(*messages: dict[str, Any]) -> dict[str, Any]:
        return dict(shared.post({**body, "messages": messages}).json["choices"][0]["message"])

    called = said(goal, nothing, nudge)
    assert called["tool_calls"][0]["function"]["name"] == "search_notes"
    result = {
        "role": "tool",
        "tool_call_id": called["tool_calls"][0]["id"],
        "content": "A very small animal.",
    }
    answer = said(goal, nothing, nudge, called, result)
    assert "A very small animal." in answer["content"]
    assert "A very small animal." in said(goal, called, result, nothing, nudge)["content"]
    sum_asked = {"role": "user", "content": "And what is 3 * 4?"}
    later = said(goal, called, result, answer, sum_asked)
    assert later["tool_calls"][0]["function"]["name"] == "calculate"


def test_arguments_that_another_wrote_anew_do_not_make_it_endless(shared: Provider) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Search the notes for bees."}]
    for _ in range(8):
        body = {"model": "practice-model", "messages": messages, "tools": TOOLS}
        message = shared.post(body).json["choices"][0]["message"]
        if "tool_calls" not in message:
            break
        (call,) = message["tool_calls"]
        call["function"]["arguments"] = '{"query": "BEES", "limit": 9}'
        result = {"role": "tool", "tool_call_id": call["id"], "content": "Bees dance."}
        messages += [message, result]
    assert "Bees dance." in message["content"]


def test_a_long_result_is_told_in_short(shared: Provider) -> None:
    page = " ".join(f"Sentence number {index} tells of honey." for index in range(80))
    done = talk(shared, f"Fetch {SITE}/pages/bees.", lambda name, arguments: page)
    assert "tells of honey." in done.answer and len(done.answer) < 600


def test_a_tool_without_arguments_and_one_with_several(shared: Provider) -> None:
    tools = [
        tool("server_time", "The time of the server."),
        tool("convert", "Convert an amount of money.", "origin", "destination", amount="number"),
    ]
    done = talk(shared, "What is the server's time?", tools=tools)
    assert done.turns == [[("server_time", {})]]
    done = talk(shared, "Convert money from Dollars to Euros, amount 12.5", tools=tools)
    wanted = {"origin": "Dollars", "destination": "Euros", "amount": 12.5}
    assert done.turns == [[("convert", wanted)]]


def _first_call(shared: Provider, **more: Any) -> Any:
    body = chat_body("Search the notes for tardigrades.", tools=TOOLS, **more)
    return shared.post(body).json["choices"][0]


def test_ways_of_misbehaving_and_that_they_are_paid(shared: Provider) -> None:
    mark = shared.ledger.last_id()
    with misbehaving("unknown tool", base=shared.base):
        function = _first_call(shared)["message"]["tool_calls"][0]["function"]
        assert function["name"] == "book_flight" and json.loads(function["arguments"])
    with misbehaving("broken arguments", base=shared.base):
        function = _first_call(shared)["message"]["tool_calls"][0]["function"]
        assert function["name"] == "search_notes" and function["arguments"].startswith("{")
        with pytest.raises(json.JSONDecodeError):
            json.loads(function["arguments"])
    with misbehaving("wrong arguments", base=shared.base):
        function = _first_call(shared)["message"]["tool_calls"][0]["function"]
        given = json.loads(function["arguments"])
        assert function["name"] == "search_notes" and not isinstance(given["query"], str)
    with misbehaving("huge", base=shared.base):
        assert len(_first_call(shared)["message"]["content"]) == 100_000
        short = _first_call(shared, max_tokens=50)
        assert len(short["message"]["content"]) == 200 and short["finish_reason"] == "length"
    with misbehaving("empty", base=shared.base):
        choice = _first_call(shared)
        assert choice["message"]["content"] == "" and "tool_calls" not in choice["message"]
        assert choice["finish_reason"] == "stop"
    calls = shared.ledger.calls(since=mark)
    assert len(calls) == 6 and all(call.status == 200 and call.dollars > 0 for call in calls)


def test_endless_is_a_call_each_turn_and_ends_with_its_block(shared: Provider) -> None:
    goal = "Search the notes for tardigrades."
    with misbehaving("endless", base=shared.base):
        done = talk(shared, goal, most=7)
    assert len(done.turns) == 7 and not done.answer
    assert talk(shared, goal).answer


@pytest.mark.parametrize("how", ["unknown tool", "broken arguments", "wrong arguments", "endless"])
def test_a_model_that_misbehaved_once_recovers(shared: Provider, how: str) -> None:
    def answer(name: str, arguments: dict[str, Any]) -> str:
        known = name == "search_notes" and isinstance(arguments["query"], str)
        return usual(name, arguments) if known else "error: that does not fit."

    with misbehaving(how, times=1, base=shared.base):
        done = talk(shared, "Search the notes for tardigrades.", answer)
    assert TARDIGRADES in done.turns[-1] and len(done.turns) <= 2
    assert "500 million years" in done.answer


def test_what_needs_tools_leaves_other_calls_alone(shared: Provider) -> None:
    well = shared.chat().said
    with misbehaving("endless", times=1, base=shared.base):
        assert shared.chat().said == well
        assert _first_call(shared, tool_choice="none")["finish_reason"] == "stop"
        assert _first_call(shared)["finish_reason"] == "tool_calls"
    with misbehaving("huge", matching="tea", base=shared.base):
        assert shared.chat().said == well
    with pytest.raises(FaultError, match="'unknown tool', 'broken arguments'"):
        misbehaving("rude")
