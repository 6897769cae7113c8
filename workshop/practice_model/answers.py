"""What the practice model says: facts it knows, and rules for the questions that lessons ask.

Same messages, same answer: nothing here depends on the time, on chance or on earlier calls.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from workshop.practice_model import rewriting as text_rules
from workshop.practice_model import tool_use
from workshop.practice_model.api import ChatRequest, Message
from workshop.practice_model.ledger import content_text, fingerprint
from workshop.practice_model.misbehaviour import misbehave

BYTES_PER_TOKEN = 4
"""The rule for counting tokens: UTF-8 bytes divided by this, rounded up."""


@dataclass(frozen=True)
class Answer:
    """What the model answers: a text or tool calls, and what it counts as."""

    text: str | None
    tool_calls: list[dict[str, Any]]
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int

    @property
    def usage(self) -> dict[str, Any]:
        """Token counts under the API's names."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }


def answer(chat: ChatRequest, misbehaving: str = "") -> Answer:
    """The answer to a request: to the same messages and tools always the same.

    Args:
        misbehaving: one of `misbehaviour.WAYS`; empty for a model that behaves.
    """
    prompt_tokens = _tokens(_prompt_bytes(chat))
    if misbehaving:
        text, calls = misbehave(misbehaving, chat)
    else:
        calls = tool_use.choose(chat)
        text = "" if calls else _formatted(chat, _text(chat))
    if calls:
        said = json.dumps([call["function"] for call in calls])
        return Answer(None, calls, "tool_calls", prompt_tokens, chat.n * _tokens(said))
    text, reason = _limited(text, chat)
    return Answer(text, [], reason, prompt_tokens, chat.n * _tokens(text))


def _text(chat: ChatRequest) -> str:
    """What is said: the results of tools, where there are any, or what the messages ask for."""
    start = tool_use.asked_at(chat.messages, chat.tools) if chat.tools else len(chat.messages)
    results = [m for m in chat.messages[start + 1 :] if m["role"] == "tool"]
    lacking = tool_use.missing(chat)
    if results or lacking:
        return tool_use.report(chat.messages, results, lacking)
    return compose(chat.messages)


def _formatted(chat: ChatRequest, text: str) -> str:
    wanted = chat.response_format.get("type")
    if wanted == "json_object":
        return json.dumps({"answer": text}, ensure_ascii=False)
    if wanted == "json_schema":
        schema = chat.response_format["json_schema"]["schema"]
        return json.dumps(tool_use.fill(schema, chat.user_text), ensure_ascii=False)
    return text


def _limited(text: str, chat: ChatRequest) -> tuple[str, str]:
    """The text up to a stop word or the limit of tokens, and why it ended."""
    for stop in chat.stop:
        text = text.partition(stop)[0]
    if chat.max_tokens is None or _tokens(text) <= chat.max_tokens:
        return text, "stop"
    return _bytes(text)[: chat.max_tokens * BYTES_PER_TOKEN].decode("utf-8", "ignore"), "length"


def _prompt_bytes(chat: ChatRequest) -> str:
    parts = [content_text(message.get("content")) for message in chat.messages]
    parts += [json.dumps(m["tool_calls"]) for m in chat.messages if m.get("tool_calls")]
    parts += [json.dumps(tool) for tool in chat.tools]
    return "".join(parts)


def _tokens(text: str) -> int:
    return max(1, -(-len(_bytes(text)) // BYTES_PER_TOKEN))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


# What is asked. `compose` tries the rules in this order; the first that fits answers.


@dataclass(frozen=True)
class _Question:
    """The last user message, taken apart."""

    whole: str
    asked: str
    """The instruction without the text that it is about."""
    material: str
    """The text that the instruction is about; empty where there is none."""
    earlier: str
    """All that the assistant said before."""
    seed: int
    """A number made of all messages."""

    def asks(self, pattern: str) -> bool:
        return re.search(pattern, self.asked, re.IGNORECASE) is not None


def compose(messages: list[Message]) -> str:
    """The text that answers these messages, as Markdown or plain text."""
    users = [index for index, message in enumerate(messages) if message["role"] == "user"]
    last = users[-1] if users else 0
    results = [m for m in messages[last + 1 :] if m["role"] in ("tool", "function")]
    if results:
        return tool_use.report(messages, results, [])
    whole = content_text(messages[last].get("content"))
    before = [
        content_text(message.get("content"))
        for message in messages[:last]
        if message["role"] == "assistant"
    ]
    asked, material = _apart(whole)
    if not material and before and not (find_subject(asked) and _FACTS.search(asked)):
        material = before[-1]
    seed = int(fingerprint(messages)[:8], 16)
    question = _Question(whole, asked, material, "\n".join(before), seed)
    for rule in (_email, _bullets, _summary, _topic, _edited, _facts, _follow_up):
        said = rule(question)
        if said:
            return said
    return _practice_text(question)


_COUNTED = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_NUMBERS = {word: number for number, word in enumerate(_COUNTED, start=1)} | {
    "a couple of": 2,
    "a dozen": 12,
    "a": 1,
    "an": 1,
    "fifteen": 15,
    "twenty": 20,
}
_NUMBER = r"(\d{1,4}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")"
_FACTS = re.compile(r"\b(?:facts?|things?|reasons?|insights?|points?)\b", re.IGNORECASE)
_INSTRUCTION = re.compile(
    r"\b(?:summar\w+|bullets?|rewrite|redo|revise|shorten|shorter|translate|poem|feedback|change|"
    r"title|topic|subject|facts?|e-?mail|children|kids|make it|turn it|edit|instructions?|draft|"
    r"text|article|report|research|paragraph)\b",
    re.IGNORECASE,
)
_MATERIAL_LENGTH = 60
_EDITS = r"\b(?:rewrite|redo|revise|change|make|turn|feedback|please|as a poem|shorter)\b"


def _apart(whole: str) -> tuple[str, str]:
    """Split a message into the instruction and the text that it is about."""
    head, colon, rest = whole.partition(":")
    named = colon and len(head) <= 300 and _INSTRUCTION.search(head)
    if named and len(rest.strip()) >= _MATERIAL_LENGTH:
        return _tail_apart(head, rest.strip())
    blocks = [block.strip() for block in re.split(r"\n\s*\n", whole) if block.strip()]
    if len(blocks) > 1:
        for instruction, material in ((blocks[0], blocks[1:]), (blocks[-1], blocks[:-1])):
            text = "\n\n".join(material)
            if (
                len(instruction) <= 300
                and len(text) >= _MATERIAL_LENGTH
                and _INSTRUCTION.search(instruction)
            ):
                return _tail_apart(instruction, text)
    return whole, ""


def _tail_apart(asked: str, material: str) -> tuple[str, str]:
    """Give a last paragraph that asks for a change to the instruction, where it belongs."""
    text, gap, tail = material.rpartition("\n\n")
    if gap and len(tail) <= 300 and re.search(_EDITS, tail, re.IGNORECASE):
        return f"{asked}\n{tail.strip()}", text.strip()
    return asked, material


def _number(pattern: str, text: str) -> int | None:
    """The number that stands before `pattern`, in digits or as a word."""
    found = re.search(rf"\b{_NUMBER}\s+(?:[\w'-]+\s+){{0,4}}?{pattern}", text, re.IGNORECASE)
    if not found:
        return None
    said = found.group(1).casefold()
    return int(said) if said.isdigit() else _NUMBERS[said]


def _email(question: _Question) -> str | None:
    if not question.asks(r"\be-?mail\b"):
        return None
    subject = find_subject(question.whole)
    about = re.search(
        r"\b(?:report|news|results?)\s+(?:on|about)\s+([^\n.!?:;]{2,80})", question.asked
    )
    name = about.group(1).strip(" \"'“”") if about else subject.name if subject else "the subject"
    teaser = text_rules.key_sentences(question.material, 1) or ([subject.lead] if subject else [])
    body = [
        f"Subject: New report on {name}",
        "Hello everyone,",
        f"our report on {name} is ready, and you will find it attached as a PDF.",
        *teaser,
        "It takes a few minutes to read. Questions and corrections are welcome.",
        "Kind regards,\nThe research team",
    ]
    return "\n\n".join(body)


def _bullets(question: _Question) -> str | None:
    if not question.asks(r"\bbullet"):
        return None
    count = _number(r"(?:bullets?\b|bullet[- ]points?)", question.asked) or 3
    material = question.material or _known(question)
    return text_rules.as_bullets(material, count) if material else None


def _summary(question: _Question) -> str | None:
    if not question.asks(r"\bsummar(?:y|ies|i[sz]e|i[sz]ed|i[sz]ing)\b|\btl;?dr\b"):
        return None
    material = question.material or _known(question)
    if not material:
        return None
    count = _number(r"sentences?\b", question.asked)
    ranged = re.search(r"\d\s*(?:-|\u2013|to|or)\s*(\d)[- ]sentences?\b", question.asked)
    count = int(ranged.group(1)) if ranged else count or 3
    return " ".join(text_rules.key_sentences(material, max(1, count)))


def _topic(question: _Question) -> str | None:
    if not question.asks(
        r"\b(?:what|which|name|give|suggest|find|write|identify|say|tell|state)\b"
    ):
        return None
    if not question.asks(r"\b(?:topic|subject|title|headline)\b"):
        return None
    material = question.material or question.asked
    subject = find_subject(material)
    if question.asks(r"\b(?:title|headline)\b"):
        known = text_rules.heading(material) or (subject.heading if subject else None)
    else:
        known = subject.name if subject else text_rules.heading(material)
    if known:
        return known[:1].upper() + known[1:]
    frequent = text_rules.frequent_words(material)
    return ", ".join(frequent).capitalize() if frequent else "No subject found"


_EDIT_RULES = (
    (r"\bshort(?:er|en)|\bbriefer|\bmore concise|\bhalf (?:as long|the length)", "shorter"),
    (r"\bpoem|\bpoetry|\bverses?\b|\bhaiku", "as_poem"),
    (
        r"\b(?:child|children|kids?|(?:five|ten|\d+)[- ]years?[- ]old|simpler|simple words)\b",
        "for_children",
    ),
)
_CHANGES = "shorter, longer, for children, as a poem, as bullet points, as a summary"


def _edited(question: _Question) -> str | None:
    if question.asks(r"\btranslat\w*|\b(?:in|into) (?:german|french|spanish|italian|japanese)\b"):
        kept = f"\n\n{question.material}" if question.material else ""
        return (
            "*The practice model cannot translate: it works by rule, in English only. "
            f"{_HOW_TO_USE_A_REAL_MODEL}*{kept}"
        )
    wanted = [name for pattern, name in _EDIT_RULES if question.asks(pattern)]
    material = question.material or (_known(question) if wanted else "")
    if wanted and material:
        for name in wanted:
            material = str(getattr(text_rules, name)(material))
        return material
    subject = find_subject(question.material)
    if subject and question.asks(r"\blonger\b|\bmore detail|\bexpand|\belaborate"):
        return _told(subject, subject.facts, "")
    return None


def _known(question: _Question) -> str:
    """The facts on the subject of a question that comes without a text of its own."""
    return _facts(question) or ""


def _facts(question: _Question) -> str | None:
    subject = find_subject(question.asked)
    more = question.asks(r"\b(?:more|another|other|further|new)\b")
    if subject is None and more and question.asks(_FACTS.pattern):
        subject = find_subject(question.earlier)
    if subject is None:
        return None
    told = {text for _, text in subject.facts if more and text in question.earlier}
    fresh = [fact for fact in subject.facts if fact[1] not in told]
    wanted = _number(_FACTS.pattern, question.asked)
    if wanted is None:
        wanted = 5
    wanted = max(1, wanted)
    # The digest of the messages says where to begin: other words, other facts.
    start = question.seed % len(fresh) if fresh else 0
    chosen = (fresh[start:] + fresh[:start])[:wanted]
    note = ""
    if wanted > len(chosen):
        every = "every other fact" if told else "every fact"
        note = f"That is {every} that the practice model knows on this subject ({len(chosen)})."
    return _told(subject, tuple(chosen), note)


def _told(subject: Subject, facts: tuple[tuple[str, str], ...], note: str) -> str:
    numbered = [f"{number}. **{lead}.** {text}" for number, (lead, text) in enumerate(facts, 1)]
    blocks = [f"# {subject.heading}", subject.lead, "\n".join(numbered), note]
    return "\n\n".join(block for block in blocks if block)


def _follow_up(question: _Question) -> str | None:
    """A change that no rule can make: the text as it was, and a note that says so."""
    if not question.material:
        return None
    if not question.earlier and _FACTS.search(question.whole):
        plain = _facts(replace(question, asked=question.whole))
        if plain:
            return plain
    wish = " ".join(question.asked.split())[:160]
    return (
        f"{question.material}\n\n*Practice note: asked for “{wish}”. The practice model changes "
        f"texts by rule ({_CHANGES}); a real model would do more.*"
    )


_HOW_TO_USE_A_REAL_MODEL = (
    "To use a real one, set LLM_MODEL and LLM_API_KEY in the file .env and run the begin cell "
    "again."
)


def _practice_text(question: _Question) -> str:
    wish = " ".join(question.asked.split())[:160]
    known = ", ".join(subject.name for subject in SUBJECTS)
    return "\n\n".join(
        (
            "# Practice text",
            "*This is a text of the offline practice model, not the answer of a real one.*",
            f"You asked: “{wish}”. The practice model answers by rule and knows nothing about "
            "this, so it does not pretend to.",
            f"It knows facts about {known}. Try “Give me 5 facts about tardigrades”. It can also "
            f"change a text: {_CHANGES}.",
            f"Everything around the answer is real: the HTTP request, the tokens that were "
            f"counted, the retries, the Event History. {_HOW_TO_USE_A_REAL_MODEL}",
        )
    )


# What it knows.


@dataclass(frozen=True)
class Subject:
    """Something that the practice model knows facts about."""

    name: str
    """As in "facts about …"."""
    heading: str
    names: tuple[str, ...]
    """Words by which it is found, in lower case."""
    lead: str
    """One sentence that opens an answer."""
    facts: tuple[tuple[str, str], ...]
    """Each with a few words that lead in, and one or two sentences."""


def find_subject(text: str) -> Subject | None:
    """The subject that the text names first; None where it names none that is known."""
    found = _NAMES.search(text)
    return _BY_NAME[found.group().casefold()] if found else None


SUBJECTS = (
    # https://www.britannica.com/animal/tardigrade
    # https://www.esa.int/Science_Exploration/Human_and_Robotic_Exploration/Research/Tiny_animals_survive_exposure_to_space
    Subject(
        "tardigrades",
        "Tardigrades",
        ("tardigrades", "tardigrade", "water bears", "water bear", "moss piglets", "moss piglet"),
        "Tardigrades, also called water bears, are tiny eight-legged animals that live almost "
        "wherever there is a film of water.",
        (
            (
                "Eight stubby legs",
                "A tardigrade walks on four pairs of short legs that mostly end in claws, which "
                "gives it the clumsy gait of a very small bear.",
            ),
            (
                "Smaller than a grain of sand",
                "Most tardigrades are less than one millimetre long. A simple microscope and a "
                "piece of damp moss are enough to meet one.",
            ),
            (
                "Dried, not dead",
                "When its surroundings dry out, a tardigrade can pull in its legs and shrivel into "
                "a barrel called a tun. In this state its metabolism almost stops, and water "
                "wakes it again.",
            ),
            (
                "Survivors of open space",
                "In 2007 dried tardigrades flew outside the FOTON-M3 spacecraft for ten days. Many "
                "of them survived the vacuum of space and later laid eggs.",
            ),
            (
                "At home nearly everywhere",
                "Tardigrades have been found from high mountains to the deep sea, and from the "
                "tropics to the polar regions.",
            ),
            (
                "Named slow steppers",
                "The German pastor Johann Goeze described them in 1773 and called them little "
                "water bears. The name tardigrade comes from Latin words for slow walker.",
            ),
            (
                "A mouth with daggers",
                "Many tardigrades pierce plant cells or small animals with two sharp stylets in "
                "the mouth and suck out the contents.",
            ),
            (
                "Thirty years on ice",
                "Japanese researchers revived tardigrades from Antarctic moss that had been kept "
                "frozen for more than thirty years. One of them went on to lay eggs.",
            ),
            (
                "A shield for genes",
                "One tardigrade makes a protein called Dsup that wraps around its DNA. Human cells "
                "that were given this protein in a laboratory suffered less damage from X-rays.",
            ),
            (
                "A branch of their own",
                "More than a thousand species of tardigrades are known. Together they form a "
                "phylum of their own, a relative of the arthropods.",
            ),
        ),
    ),
    # https://www.britannica.com/animal/dolphin-mammal
    # https://www.fisheries.noaa.gov/species/common-bottlenose-dolphin
    Subject(
        "dolphins",
        "Dolphins",
        ("dolphins", "dolphin"),
        "Dolphins are toothed whales: mammals that live in the water and breathe air.",
        (
            (
                "Seeing with sound",
                "Dolphins find prey by echolocation: they send out clicks and listen to the "
                "echoes, which tell them how far away something is and what shape it has.",
            ),
            (
                "Whistles like names",
                "Each bottlenose dolphin develops a signature whistle of its own, and it responds "
                "when it hears that whistle copied.",
            ),
            (
                "Half asleep",
                "A dolphin rests one half of its brain at a time. The other half keeps watch and "
                "sees to it that the animal comes up to breathe.",
            ),
            (
                "The orca is one of them",
                "The killer whale is the largest member of the dolphin family, in spite of its "
                "name.",
            ),
            (
                "Sponges as tools",
                "Some bottlenose dolphins in Shark Bay, Australia, carry sea sponges on their "
                "snouts while they search the sea floor. Most of them learn it from their mothers.",
            ),
            (
                "A nose on top",
                "A dolphin breathes through a blowhole on the top of its head, which a muscular "
                "flap keeps closed under water.",
            ),
            (
                "A year before birth",
                "A bottlenose dolphin carries its calf for about twelve months, and feeds it with "
                "milk after birth.",
            ),
            (
                "Teeth that do not chew",
                "Dolphins grip fish with their cone-shaped teeth but do not chew them. They "
                "swallow smaller prey whole, usually head first.",
            ),
            (
                "A lens for sound",
                "The round forehead of a dolphin holds a fatty organ called the melon. It gathers "
                "the clicks into a beam, and the lower jaw leads the echoes to the ear.",
            ),
            (
                "Life in a group",
                "Bottlenose dolphins live in groups that change from day to day, and they often "
                "work together to herd fish.",
            ),
        ),
    ),
    # https://www.britannica.com/animal/octopus-mollusk
    # https://www.nhm.ac.uk/discover/octopuses-keep-surprising-us-here-are-eight-examples-how.html
    Subject(
        "octopuses",
        "Octopuses",
        ("octopuses", "octopus", "octopi", "octopods"),
        "Octopuses are soft-bodied sea animals with eight arms and a famous talent for escaping.",
        (
            (
                "Three hearts",
                "An octopus has three hearts. Two pump blood through the gills, and the third "
                "sends it around the body.",
            ),
            (
                "Blue blood",
                "Octopus blood is blue, because it carries oxygen with a copper-rich protein "
                "called haemocyanin instead of iron-rich haemoglobin.",
            ),
            (
                "Arms that think",
                "About two thirds of the nerve cells of an octopus are in its arms, which can "
                "taste, touch and move with little advice from the brain.",
            ),
            (
                "Through the smallest gap",
                "An octopus has no bones. It can squeeze through almost any opening that is large "
                "enough for its hard beak.",
            ),
            (
                "A change of skin",
                "Small bags of pigment in the skin let an octopus change its colour in less than a "
                "second, to hide or to warn.",
            ),
            (
                "A cloud of ink",
                "Most octopuses can squirt dark ink when they are attacked, and flee behind it.",
            ),
            (
                "Mothers that stop eating",
                "A female guards her eggs until they hatch, usually without eating, and dies soon "
                "after.",
            ),
        ),
    ),
    # https://www.britannica.com/animal/honeybee
    # https://www.nobelprize.org/prizes/medicine/1973/frisch/facts/
    Subject(
        "honeybees",
        "Honeybees",
        ("honeybees", "honeybee", "honey bees", "honey bee", "bees", "bee"),
        "Honeybees live in large colonies, make honey and wax, and pollinate many of our crops.",
        (
            (
                "Directions by dance",
                "A worker that has found flowers tells the others by a waggle dance, whose angle "
                "and length give direction and distance. Karl von Frisch shared the Nobel Prize in "
                "1973 for discoveries that include it.",
            ),
            (
                "One queen, many workers",
                "A colony in summer has one queen, tens of thousands of female workers and some "
                "hundreds of male drones.",
            ),
            (
                "Sons without fathers",
                "Drones hatch from eggs that were not fertilised, so a drone has a mother but no "
                "father.",
            ),
            (
                "Honey is food for winter",
                "Bees turn nectar into honey by adding enzymes and fanning it with their wings "
                "until most of the water has gone.",
            ),
            (
                "Five eyes",
                "A honeybee has two large compound eyes and three small simple eyes on top of its "
                "head.",
            ),
            (
                "A living heater",
                "In winter the colony gathers in a cluster, and bees shiver with their flight "
                "muscles to keep it warm.",
            ),
            (
                "Raised on royal jelly",
                "A queen grows from the same kind of egg as a worker. The difference is her food: "
                "she is fed royal jelly for the whole time as a larva.",
            ),
        ),
    ),
    # https://www.fisheries.noaa.gov/species/blue-whale
    # https://www.britannica.com/animal/blue-whale
    # https://doi.org/10.1073/pnas.1914273116 (the heartbeat)
    Subject(
        "blue whales",
        "Blue whales",
        ("blue whales", "blue whale", "whales", "whale"),
        "Blue whales are the largest animals known to have lived on Earth.",
        (
            (
                "Largest of all",
                "A blue whale can grow to about thirty metres and weigh well over one hundred "
                "tonnes. No dinosaur is known to have been heavier.",
            ),
            (
                "Giants that eat krill",
                "Blue whales live almost entirely on krill, shrimp-like animals a few centimetres "
                "long, and a large whale eats tonnes of them in a day.",
            ),
            (
                "Baleen instead of teeth",
                "A blue whale takes in a huge mouthful of water and presses it out through fringed "
                "plates of baleen, which hold the krill back.",
            ),
            (
                "A throat that unfolds",
                "Long pleats in the skin of the throat let the mouth of a blue whale widen "
                "enormously when it feeds.",
            ),
            (
                "Voices across the ocean",
                "Blue whales call in tones so low that people can hardly hear them, and the calls "
                "travel for hundreds of kilometres under water.",
            ),
            (
                "A very slow heart",
                "In 2019 scientists reported the first heartbeats recorded from a wild blue whale. "
                "During deep dives the heart slowed to as little as two beats a minute.",
            ),
            (
                "Hunted nearly to the end",
                "Whaling in the twentieth century killed hundreds of thousands of blue whales. "
                "They are protected today and still endangered.",
            ),
        ),
    ),
    # https://www.britannica.com/animal/penguin
    # https://www.antarctica.gov.au/about-antarctica/animals/penguins/
    Subject(
        "penguins",
        "Penguins",
        ("penguins", "penguin"),
        "Penguins are seabirds that gave up flying through the air and fly through water instead.",
        (
            (
                "Wings turned into flippers",
                "Penguins cannot fly in the air. Their stiff wings work as flippers, with which "
                "they row through the water.",
            ),
            (
                "The tallest",
                "The emperor penguin is the largest of all penguins and stands more than one metre "
                "tall.",
            ),
            (
                "The smallest",
                "The little penguin of Australia and New Zealand stands only about thirty to forty "
                "centimetres tall.",
            ),
            (
                "One that lives on the equator",
                "The Galapagos penguin lives farther north than any other and is the only one "
                "found in the wild north of the equator.",
            ),
            (
                "Fathers that fast",
                "An emperor penguin father keeps the egg on his feet for about two months in the "
                "Antarctic winter and eats nothing in that time.",
            ),
            (
                "Deep divers",
                "Emperor penguins can dive to depths of more than five hundred metres in search of "
                "food.",
            ),
            (
                "Dressed to hide",
                "The dark back of a penguin is hard to see from above against the deep sea, and "
                "the white front is hard to see from below against the light.",
            ),
        ),
    ),
    # https://www.worldwildlife.org/species/elephant
    # https://www.britannica.com/animal/elephant-mammal
    Subject(
        "elephants",
        "Elephants",
        ("elephants", "elephant"),
        "Elephants are the largest land animals alive, and among the most social.",
        (
            (
                "Three species",
                "There are three living species: the African savanna elephant, the African forest "
                "elephant and the Asian elephant.",
            ),
            (
                "A tool without bones",
                "The trunk is nose and upper lip in one. It has no bones, and it can lift a log or "
                "pick up a single peanut.",
            ),
            (
                "Nearly two years before birth",
                "An elephant carries its calf for about twenty-two months, longer than any other "
                "land mammal.",
            ),
            (
                "Led by a grandmother",
                "An elephant family is led by a matriarch, usually the oldest female, who knows "
                "where to find water and food.",
            ),
            (
                "Calls too low for us",
                "Elephants rumble at pitches below human hearing, and other elephants can hear "
                "these calls several kilometres away.",
            ),
            (
                "Tusks are teeth",
                "The tusks of an elephant are long upper incisors that keep growing throughout its "
                "life.",
            ),
            (
                "Six sets of molars",
                "Elephants wear down their grinding teeth and replace them from behind, usually "
                "with six sets in a lifetime.",
            ),
        ),
    ),
    # https://www.britannica.com/topic/coffee
    # https://www.cl.cam.ac.uk/coffee/coffee.html
    Subject(
        "coffee",
        "Coffee",
        ("coffee", "espresso"),
        "Coffee is brewed from the roasted seeds of a tropical plant.",
        (
            (
                "A bean that is none",
                "Coffee beans are the seeds of a red or yellow fruit called the coffee cherry, "
                "which usually holds two of them.",
            ),
            (
                "Two main species",
                "Nearly all coffee comes from two species, arabica and robusta. Robusta holds "
                "roughly twice as much caffeine.",
            ),
            (
                "At home in Ethiopia",
                "The arabica plant comes from the highlands of Ethiopia and its neighbours, where "
                "it still grows wild.",
            ),
            (
                "First cups in Yemen",
                "The earliest firm accounts of coffee drinking come from Yemen in the fifteenth "
                "century, where Sufis drank it to stay awake for prayer.",
            ),
            (
                "Brazil leads",
                "Brazil has been the world's largest grower of coffee for more than one hundred "
                "and fifty years.",
            ),
            (
                "Caffeine is a defence",
                "The coffee plant makes caffeine for its own sake: it keeps away insects that "
                "would eat its leaves and seeds.",
            ),
            (
                "The first webcam",
                "In 1991 researchers in Cambridge pointed a camera at their coffee pot, to save "
                "themselves a walk to an empty one. It became the first webcam.",
            ),
        ),
    ),
    # https://www.britannica.com/topic/tea-beverage
    # https://www.un.org/en/observances/tea-day
    Subject(
        "tea",
        "Tea",
        ("tea", "teas", "green tea", "black tea", "matcha"),
        "Tea is made from the leaves of one evergreen shrub, and billions of cups are drunk daily.",
        (
            (
                "One plant for all",
                "Green, black, white and oolong tea all come from the same species, Camellia "
                "sinensis. What differs is how the leaves are treated.",
            ),
            (
                "Why black tea is black",
                "Leaves for black tea are left to oxidise, which turns them dark. For green tea "
                "they are heated soon after picking, which stops the oxidation.",
            ),
            (
                "Second only to water",
                "Tea is the most widely drunk beverage in the world after water.",
            ),
            (
                "China leads",
                "China grows more tea than any other country, and India comes second.",
            ),
            (
                "Powder in a bowl",
                "Matcha is green tea ground to a fine powder. The whole leaf is whisked into the "
                "water and drunk.",
            ),
            (
                "Overboard in Boston",
                "On 16 December 1773 colonists in Boston threw 342 chests of tea into the harbour "
                "in protest against a tax.",
            ),
            (
                "A day of its own",
                "The United Nations observes International Tea Day on 21 May.",
            ),
        ),
    ),
    # https://science.nasa.gov/moon/facts/
    Subject(
        "the Moon",
        "The Moon",
        ("the moon", "moon", "luna"),
        "The Moon is Earth's only natural satellite and the only other world that people have "
        "walked on.",
        (
            (
                "Far away",
                "The Moon is on average 384,400 kilometres away. Nearly thirty planets of Earth's "
                "size would fit into the gap.",
            ),
            (
                "Slowly leaving",
                "The Moon moves away from Earth by almost four centimetres a year. Laser beams "
                "sent to mirrors on its surface measure it.",
            ),
            (
                "Always the same face",
                "The Moon turns once for each time that it circles Earth, so we always see the "
                "same side.",
            ),
            (
                "Twelve visitors",
                "Twelve people walked on the Moon, all of them between 1969 and 1972 in the Apollo "
                "programme.",
            ),
            (
                "A sixth of the weight",
                "Gravity on the Moon is about one sixth of Earth's: a person who weighs 60 "
                "kilograms here would feel like 10 there.",
            ),
            (
                "Ice in the shade",
                "Spacecraft have found water ice in craters near the poles of the Moon that never "
                "see the Sun.",
            ),
            (
                "Born in a collision",
                "Most scientists think that the Moon formed about 4.5 billion years ago from the "
                "debris of a collision between Earth and a body about the size of Mars.",
            ),
        ),
    ),
    # https://science.nasa.gov/mars/facts/
    Subject(
        "Mars",
        "Mars",
        ("mars", "the red planet", "red planet"),
        "Mars is the fourth planet from the Sun, cold and dry today and once much wetter.",
        (
            (
                "Rust makes it red",
                "Mars is red because iron in its rocks and dust has rusted.",
            ),
            (
                "The tallest volcano",
                "Olympus Mons on Mars is the tallest volcano known in the solar system, more than "
                "twice as high as Mount Everest.",
            ),
            (
                "Nearly our day",
                "A day on Mars lasts 24 hours and 37 minutes, but a year there lasts 687 Earth "
                "days.",
            ),
            (
                "Two small moons",
                "Mars has two moons, Phobos and Deimos, which Asaph Hall discovered in 1877.",
            ),
            (
                "A canyon as wide as a continent",
                "Valles Marineris is a system of canyons more than four thousand kilometres long, "
                "about the width of the United States.",
            ),
            (
                "Blue sunsets",
                "Fine dust in the air of Mars lets blue light through around the setting Sun, so "
                "its sunsets look blue.",
            ),
            (
                "First flight",
                "On 19 April 2021 the small helicopter Ingenuity made the first powered, "
                "controlled flight on another planet.",
            ),
        ),
    ),
    # https://www.usgs.gov/programs/VHP
    # https://www.britannica.com/science/volcano
    Subject(
        "volcanoes",
        "Volcanoes",
        ("volcanoes", "volcanos", "volcano", "lava", "magma"),
        "Volcanoes are openings in a planet's crust through which molten rock, ash and gas escape.",
        (
            (
                "Magma becomes lava",
                "Molten rock is called magma as long as it is underground, and lava once it "
                "reaches the surface.",
            ),
            (
                "The Ring of Fire",
                "Many of the world's active volcanoes stand around the Pacific Ocean, where plates "
                "of the Earth's crust meet.",
            ),
            (
                "Mostly under water",
                "Most of the volcanic activity on Earth happens out of sight, along ridges on the "
                "ocean floor.",
            ),
            (
                "A year without a summer",
                "The eruption of Tambora in Indonesia in 1815 sent so much material into the air "
                "that the following summer stayed cold in Europe and North America.",
            ),
            (
                "Heard across an ocean",
                "The explosion of Krakatau in 1883 was heard on the island of Rodrigues, nearly "
                "five thousand kilometres away.",
            ),
            (
                "Islands from a hot spot",
                "The islands of Hawaii were built one after another as the Pacific plate moved "
                "over a hot spot in the mantle.",
            ),
            (
                "The most active is not here",
                "Jupiter's moon Io is the most volcanically active body in the solar system, with "
                "hundreds of volcanoes.",
            ),
        ),
    ),
    # https://www.britannica.com/science/photosynthesis
    # https://oceanservice.noaa.gov/facts/ocean-oxygen.html
    Subject(
        "photosynthesis",
        "Photosynthesis",
        ("photosynthesis", "chlorophyll"),
        "Photosynthesis is how plants, algae and some bacteria turn light into food.",
        (
            (
                "From air and water",
                "Plants build sugar from carbon dioxide and water, with light as the source of "
                "energy, and release oxygen.",
            ),
            (
                "Why leaves are green",
                "Chlorophyll absorbs mostly red and blue light. Much of the green light is "
                "reflected, and that is what we see.",
            ),
            (
                "Oxygen comes from water",
                "The oxygen that plants release comes from the water that they split, not from the "
                "carbon dioxide.",
            ),
            (
                "Two stages",
                "The first stage catches the energy of light, and the second, the Calvin cycle, "
                "uses it to build sugar. Melvin Calvin received the Nobel Prize for it in 1961.",
            ),
            (
                "Half of it in the sea",
                "Scientists estimate that about half of the oxygen produced on Earth comes from "
                "the ocean, most of it from drifting plankton.",
            ),
            (
                "Guests that stayed",
                "Chloroplasts, where photosynthesis takes place in plants, descend from bacteria "
                "that once lived on their own.",
            ),
            (
                "Gates in the leaf",
                "Carbon dioxide enters a leaf through tiny pores called stomata, which can close "
                "to save water.",
            ),
        ),
    ),
    # https://www.iea.org/energy-system/renewables
    # https://www.irena.org/publications/2021/Jun/Renewable-Power-Costs-in-2020
    # https://www.energy.gov/energysaver/led-lighting
    # https://sdgs.un.org/goals/goal7
    Subject(
        "sustainable energy",
        "Sustainable energy",
        (
            "sustainable energy",
            "renewable energy",
            "renewable energies",
            "renewables",
            "clean energy",
            "green energy",
            "solar power",
            "solar energy",
            "wind power",
            "wind energy",
        ),
        "Sustainable energy meets today's needs without using up what later generations will need.",
        (
            (
                "Water leads",
                "Hydropower has long been the largest renewable source of electricity in the "
                "world.",
            ),
            (
                "Solar became cheap",
                "The cost of electricity from new large solar plants fell by more than four fifths "
                "between 2010 and 2020.",
            ),
            (
                "Heat that is moved, not made",
                "A heat pump moves heat instead of making it. It typically delivers three to five "
                "units of heat for each unit of electricity.",
            ),
            (
                "Light from less",
                "LED lamps use at least 75 percent less energy than incandescent lamps and last "
                "far longer.",
            ),
            (
                "A battery made of water",
                "Pumped storage lifts water to a higher lake when power is plentiful and lets it "
                "run back through turbines later. It is the most widely used way to store energy "
                "for the grid.",
            ),
            (
                "An island on its own heat",
                "Iceland makes nearly all of its electricity from water power and from the heat of "
                "the Earth.",
            ),
            (
                "A goal of the world",
                "The seventh Sustainable Development Goal of the United Nations asks for "
                "affordable, reliable and modern energy for all by 2030.",
            ),
        ),
    ),
    # https://www.who.int/health-topics/vaccines-and-immunization
    # https://www.who.int/health-topics/smallpox
    Subject(
        "vaccines",
        "Vaccines",
        ("vaccines", "vaccine", "vaccination", "vaccinations", "immunisation", "immunization"),
        "Vaccines teach the immune system to recognise a disease before it meets it.",
        (
            (
                "Smallpox is gone",
                "Vaccination ended smallpox. The World Health Assembly declared the disease "
                "eradicated in 1980, the first that people ever wiped out.",
            ),
            (
                "It began with cows",
                "In 1796 Edward Jenner protected a boy from smallpox with matter from cowpox. The "
                "word vaccine comes from vacca, Latin for cow.",
            ),
            (
                "A rehearsal",
                "A vaccine shows the body a harmless part or form of a germ, so that the immune "
                "system can answer faster when the real one comes.",
            ),
            (
                "Protecting others",
                "When most people are immune, a disease finds few ways to spread, and those who "
                "cannot be vaccinated are safer too.",
            ),
            (
                "Polio nearly beaten",
                "Cases of wild polio have fallen by more than 99 percent since 1988, when the "
                "global campaign against it began.",
            ),
            (
                "Millions of lives",
                "The World Health Organization estimates that immunization prevents between 3.5 "
                "and 5 million deaths every year.",
            ),
            (
                "A vaccine against a cancer",
                "Vaccines against human papillomavirus prevent most cases of cervical cancer.",
            ),
        ),
    ),
    # https://oceanservice.noaa.gov/facts/coral_species.html
    # https://coast.noaa.gov/states/fast-facts/coral-reefs.html
    Subject(
        "coral reefs",
        "Coral reefs",
        ("coral reefs", "coral reef", "corals", "coral", "reefs", "reef"),
        "Coral reefs are built by small animals and are among the most varied places in the sea.",
        (
            (
                "Built by animals",
                "Corals look like plants or stones but are animals. Colonies of small polyps build "
                "the skeletons of limestone that form a reef.",
            ),
            (
                "Full of life",
                "Coral reefs cover less than one percent of the ocean floor, yet about a quarter "
                "of all known sea species depend on them.",
            ),
            (
                "Gardens inside",
                "Tiny algae live within the tissue of reef corals. They feed the coral with sugar "
                "and give it most of its colour.",
            ),
            (
                "Why corals turn white",
                "When the water stays too warm, corals expel their algae and turn white. This is "
                "called bleaching, and the coral starves if it lasts.",
            ),
            (
                "The largest of all",
                "The Great Barrier Reef off Australia stretches for about 2,300 kilometres and is "
                "the largest coral reef system on Earth.",
            ),
            (
                "A wall against waves",
                "Reefs break the force of waves and so protect the coast behind them from storms "
                "and erosion.",
            ),
            (
                "Corals in the dark",
                "Some corals live in deep, cold water without any sunlight and catch their food "
                "from the current.",
            ),
        ),
    ),
    # https://www.computerhistory.org/timeline/
    # https://www.britannica.com/technology/computer/History-of-computing
    Subject(
        "the history of computing",
        "The history of computing",
        (
            "history of computing",
            "history of computers",
            "history of the computer",
            "computing history",
            "computer history",
            "computing",
            "computers",
            "computer",
        ),
        "The history of computing runs from mechanical calculators to machines in every pocket.",
        (
            (
                "A programme before its machine",
                "In 1843 Ada Lovelace published notes on the Analytical Engine of Charles Babbage "
                "with a method to compute Bernoulli numbers, often called the first computer "
                "program.",
            ),
            (
                "A machine on paper",
                "In 1936 Alan Turing described an imaginary machine that can carry out any "
                "calculation that follows rules. It is still the model for what computers can do.",
            ),
            (
                "Programs in memory",
                "On 21 June 1948 the Manchester Baby ran the first program ever stored in the "
                "electronic memory of a computer.",
            ),
            (
                "A switch without a tube",
                "The transistor was invented at Bell Labs in 1947 and soon made computers smaller, "
                "cooler and more reliable.",
            ),
            (
                "A real bug",
                "In 1947 the operators of the Harvard Mark II found a moth in a relay and taped it "
                "into their logbook as the first actual case of a bug being found.",
            ),
            (
                "The first message was short",
                "On 29 October 1969 the first message on the ARPANET was to be the word login. The "
                "system crashed after two letters.",
            ),
            (
                "The web began as a proposal",
                "Tim Berners-Lee proposed what became the World Wide Web in 1989, while he worked "
                "at CERN.",
            ),
            (
                "Moore's observation",
                "In 1965 Gordon Moore observed that the number of components on a chip doubled "
                "every year. He later changed it to every two years.",
            ),
        ),
    ),
    # https://docs.temporal.io/temporal
    # https://docs.temporal.io/workflow-execution/event
    Subject(
        "Durable Execution",
        "Durable Execution",
        ("durable execution", "temporal"),
        "Durable Execution lets a program carry on where it was after a crash.",
        (
            (
                "History as memory",
                "Temporal records each step of a Workflow as an Event in its Event History, and "
                "the state of the Workflow can be rebuilt from it.",
            ),
            (
                "Replay",
                "After a crash a Worker runs the Workflow code again and takes the results of "
                "finished steps from the Event History instead of repeating them.",
            ),
            (
                "Why Workflows are deterministic",
                "A replay must make the same decisions as the first run. Calls to the outside "
                "world therefore belong in Activities.",
            ),
            (
                "Retries by default",
                "An Activity that fails is retried by default, with a wait that starts at one "
                "second and doubles each time up to a limit.",
            ),
            (
                "Timers that outlive machines",
                "A Workflow can sleep for seconds or for months. The Temporal Service keeps the "
                "timer, so no Worker has to stay awake for it.",
            ),
            (
                "At least once",
                "An Activity runs at least once: if a Worker dies before it reports the result, "
                "the Activity is tried again. Its effects should bear repeating.",
            ),
        ),
    ),
)

_BY_NAME = {name: subject for subject in SUBJECTS for name in subject.names}
_NAMES = re.compile(
    r"(?<!\w)(?:"
    + "|".join(re.escape(name) for name in sorted(_BY_NAME, key=len, reverse=True))
    + r")(?!\w)",
    re.IGNORECASE,
)
