"""Answers to lesson 01's table of losses: what was paid, what was lost, what would be wanted."""

from bank import Blank, Right, Wrong, finished, practice, swap, whole

MANY = '"too many requests": (0, "only time", "wait as long as it says, and ask again")'
LATE = '"no answer in time": (1, "an answer that I paid for", "try again, and not for ever")'
KEY = '"key revoked": (0, "only time", "stop at once, and tell a person")'
DROPPED = '"connection dropped": (0, "only time", "ask again after a pause")'
FULL = '"full disk": (1, "a good answer", "write the PDF from the answer that I have")'
KILLED = '"process killed": (2, "the first answer", "go on after the answer")'
ROWS = (MANY, LATE, KEY, DROPPED, FULL, KILLED)


def paid(row: str, count: str) -> tuple[str, str]:
    """A row, and the same with another number."""
    head, _, rest = row.partition("(")
    return row, f"{head}({count},{rest.partition(',')[2]}"


def counts(*all_of_them: str) -> tuple[str, ...]:
    """All rows with other numbers, as `swap` wants them."""
    return sum((paid(row, n) for row, n in zip(ROWS, all_of_them, strict=True)), ())


WHY = "receipt|paid|charged|answered|bill"
WRONG = [
    Wrong("blank left", practice(), ("too many requests|open|blank",), verdict="not attempted"),
    Wrong("cell not run", finished, ("run",), verdict="not attempted", not_run=True),
    Wrong(
        "edited after it was run, and not run again",
        finished,
        ("run",),
        same_as="cell not run",
        verdict="not attempted",
        before=(practice(),),
        not_run=True,
    ),
    Wrong(
        "a quote forgotten in a later edit, and an earlier version is loaded",
        swap('person")', "person)"),
        ("quote|unterminated|syntax",),
        before=(finished,),
    ),
    Wrong(
        "the comma between two rows forgotten",
        swap(LATE + ",", LATE),
        ("comma|syntax",),
    ),
    Wrong(
        "no parentheses",
        swap(FULL, FULL.replace("(", "").replace(")", "")),
        ("parenthes|(|syntax|tuple",),
    ),
    Wrong("equal signs", swap(FULL, FULL.replace(":", " =")), (":|colon|syntax",)),
    Wrong(
        "one row left open",
        swap(FULL, '"full disk": (..., "", "")'),
        ("full disk", "open|blank|...|empty"),
    ),
    Wrong(
        "all but the first left open",
        practice('"too many requests": (..., "", "")', MANY),
        ("no answer in time", "open|blank|...|empty"),
    ),
    Wrong(
        "numbers filled in, no words",
        practice(
            '"too many requests": (...',
            '"too many requests": (0',
            '"no answer in time": (...',
            '"no answer in time": (1',
            '"key revoked": (...',
            '"key revoked": (0',
            '"connection dropped": (...',
            '"connection dropped": (0',
            '"full disk": (...',
            '"full disk": (1',
            '"process killed": (...',
            '"process killed": (2',
        ),
        ("too many requests", "empty|words|lost|blank|text"),
    ),
    Wrong(
        "words filled in, one number left",
        swap(*paid(KEY, "...")),
        ("key revoked", "number|...|calls|count"),
    ),
    Wrong("a 429 that is paid", swap(*paid(MANY, "1")), ("too many requests", WHY)),
    Wrong("a time-out for nothing", swap(*paid(LATE, "0")), ("no answer in time", WHY)),
    Wrong(
        "a time-out counted three times",
        swap(*paid(LATE, "3")),
        ("no answer in time", "3|three", WHY + "|max_retries"),
    ),
    Wrong("a refused key that is paid", swap(*paid(KEY, "1")), ("key revoked", WHY)),
    Wrong(
        "a dropped connection that is paid",
        swap(*paid(DROPPED, "1")),
        ("connection dropped", WHY),
    ),
    Wrong("a full disk for nothing", swap(*paid(FULL, "0")), ("full disk", WHY)),
    Wrong(
        "a full disk, counted with its repetition",
        swap(*paid(FULL, "2")),
        ("full disk", "2|two|until now|so far", WHY),
    ),
    Wrong(
        "the killed process, first run alone",
        swap(*paid(KILLED, "1")),
        ("process killed", "whole|both|again|second|report"),
    ),
    Wrong("the killed process for nothing", swap(*paid(KILLED, "0")), ("process killed", WHY)),
    Wrong(
        "no failure costs anything",
        swap(*counts("0", "0", "0", "0", "0", "0")),
        ("no answer in time", WHY),
        same_as="a time-out for nothing",
    ),
    Wrong(
        "each failure costs one",
        swap(*counts("1", "1", "1", "1", "1", "1")),
        ("too many requests", WHY),
        same_as="a 429 that is paid",
    ),
    Wrong(
        "received in place of paid",
        swap(*counts("1", "1", "1", "1", "1", "2")),
        ("too many requests", WHY),
        same_as="a 429 that is paid",
    ),
    Wrong(
        "dollars for calls",
        swap(*paid(LATE, "0.000143")),
        ("no answer in time", "dollar|$|how many|number of calls|whole number|count"),
    ),
    Wrong(
        "dollars as a text",
        swap(*paid(FULL, '"$0.000143"')),
        ("full disk", "dollar|$|how many|number of calls|whole number|count"),
    ),
    Wrong(
        "a guess as a text",
        swap(*paid(FULL, '"some"')),
        ("full disk", "some", "number|how many|count"),
    ),
    Wrong(
        "a question mark",
        swap(*paid(DROPPED, '"?"')),
        ("connection dropped", "?", "number|count|how many|receipt"),
    ),
    Wrong("what I lost, empty", swap('"a good answer"', '""'), ("full disk", "lost|empty|blank")),
    Wrong(
        "what I would want, empty",
        swap('"ask again after a pause"', '""'),
        ("connection dropped", "want|empty|blank"),
    ),
    Wrong(
        "three dots for words",
        swap('"a good answer", "write the PDF from the answer that I have"', '"...", "..."'),
        ("full disk", "...|words|lost"),
    ),
    Wrong(
        "dots in place of a text",
        swap('"the first answer"', "..."),
        ("process killed", "...|words|lost|text"),
    ),
    Wrong(
        "nothing lost, where a call was paid",
        swap('"an answer that I paid for"', '"nothing"'),
        ("no answer in time", "nothing|paid", "answer|paid|lost"),
    ),
    Wrong(
        "nothing lost on a full disk",
        swap('"a good answer"', '"nothing"'),
        ("full disk", "nothing|paid", "answer|paid|lost"),
    ),
    Wrong(
        "a revoked key tried again",
        swap('"stop at once, and tell a person"', '"try again"'),
        ("key revoked", "again|retr|help|wait"),
    ),
    Wrong(
        "a key renamed",
        swap('"too many requests"', '"429"'),
        ("too many requests",),
    ),
    Wrong(
        "a key misspelt", swap('"no answer in time"', '"no anwser in time"'), ("no answer in time",)
    ),
    Wrong("a row taken away", swap("    " + DROPPED + ",\n", ""), ("connection dropped",)),
    Wrong(
        "a dict for a row",
        swap(FULL, '"full disk": {"paid": 1, "lost": "a good answer", "want": "the PDF"}'),
        ("full disk", "dict|tuple|(|three"),
    ),
    Wrong(
        "braces for parentheses",
        swap(FULL, FULL.replace("(", "{").replace(")", "}")),
        ("full disk", "set|brace|{|tuple|(|parenthes"),
    ),
    Wrong(
        "numbers alone",
        swap(MANY, '"too many requests": 0'),
        ("too many requests", "three|(|tuple|3"),
    ),
    Wrong(
        "a text for a row",
        swap(MANY, '"too many requests": "0 calls, only time, ask again"'),
        ("too many requests", "three|(|tuple|3"),
    ),
    Wrong(
        "two parts",
        swap(MANY, '"too many requests": (0, "only time: wait and ask again")'),
        ("too many requests", "three|3|two|2|want"),
    ),
    Wrong(
        "four parts",
        swap(
            '"only time", "wait as long as it says',
            '"only time", "patience", "wait as long as it says',
        ),
        ("too many requests", "three|3|four|4"),
    ),
    Wrong(
        "the parts in another order",
        swap(MANY, '"too many requests": ("only time", 0, "wait, and ask again")'),
        ("too many requests", "first|order|number|count|calls"),
    ),
    Wrong(
        "a number for what was lost",
        swap('"a good answer"', "1"),
        ("full disk", "words|text|lost"),
    ),
    Wrong(
        "rows without their keys",
        lambda blank: (
            "losses = [\n" + "".join(f"    {row.partition(': ')[2]},\n" for row in ROWS) + "]"
        ),
        ("losses", "dict|list|{|key"),
    ),
    Wrong("under another name", swap("losses = {", "loses = {"), ("losses",)),
    Wrong("name overwritten by a later cell", finished, ("losses",), after="losses = None"),
    Wrong(
        "a row twice, the last one open",
        swap("    " + KILLED + ",", "    " + KILLED + ',\n    "full disk": (..., "", ""),'),
        ("full disk",),
        same_as="one row left open",
    ),
    Wrong(
        "a row in a comment",
        swap("    " + KEY, "    # " + KEY),
        ("key revoked",),
    ),
    Wrong(
        "keeps trying with the revoked key",
        swap("stop at once, and tell a person", "keep trying with exponential backoff"),
        ("key revoked", "401|same"),
    ),
    Wrong(
        "tries the revoked key until it works",
        swap("stop at once, and tell a person", "keep trying until it works"),
        ("key revoked", "401|same"),
    ),
    Wrong(
        "tries the revoked key after a pause",
        swap("stop at once, and tell a person", "retry after a pause"),
        ("key revoked", "401|same"),
    ),
    Wrong(
        "a dash as a wish",
        swap("write the PDF from the answer that I have", "-"),
        ("full disk", "want", "nothing|empty|words"),
    ),
    Wrong(
        "a note to do it later",
        swap("ask again after a pause", "TODO"),
        ("connection dropped", "TODO|empty|open"),
    ),
    Wrong(
        "the variable has the answer still",
        swap("a good answer", "nothing, the answer is still in the variable"),
        ("full disk", "ended|gone|nowhere"),
    ),
    Wrong(
        "no money lost",
        swap("a good answer", "no money"),
        ("full disk", "paid"),
    ),
]


def as_lists(blank: Blank) -> str:
    """The finished cell with lists for its rows."""
    text = blank.finished
    for row in ROWS:
        assert row in text
        text = text.replace(row, row.replace("(", "[").replace(")", "]"))
    return text


RIGHT = [
    Right(
        "trying until a person has helped",
        swap("stop at once, and tell a person", "keep trying until the key is renewed"),
    ),
    Right("nothing but the answer", swap("a good answer", "nothing but the answer, still paid")),
    Right("lists for rows", as_lists),
    Right("numbers as texts", swap(*counts('"0"', '"1"', '"0"', '"0"', '"1"', '"2"'))),
    Right(
        "numbers as words",
        swap(*counts('"none"', '"one"', '"none"', '"0"', '"one"', '"two"')),
    ),
    Right(
        "other words, other quotes",
        whole("""
losses = {
    'too many requests': (0, 'nothing but two seconds', 'sleep(2), then the same call'),
    'no answer in time': (1, 'money, and the text', 'a longer timeout'),
    'key revoked': (0, 'my afternoon', 'an e-mail to whoever has the new key'),
    'connection dropped': (0, '2 s', 'retry with backoff'),
    'full disk': (1, 'the text', 'keep the text somewhere'),
    'process killed': (2, 'one answer, and its price', 'do not pay twice'),
}
"""),
    ),
    Right(
        "row by row, in another order",
        whole("""
losses = {}
losses["process killed"] = (2, "an answer", "resume")
losses["full disk"] = (1, "the answer", "save it first")
losses["connection dropped"] = (0, "time", "retry")
losses["key revoked"] = (0, "time", "fail fast, alert somebody")
losses["no answer in time"] = (1, "the answer", "wait longer or retry")
losses["too many requests"] = (0, "time", "retry later")
"""),
    ),
    Right(
        "a row of one's own as well",
        swap(
            "    " + KILLED + ",",
            "    " + KILLED + ',\n    "power cut": (1, "all of it", "a laptop"),',
        ),
    ),
    Right("nothing lost where nothing was paid", swap('"only time"', '"nothing"')),
    Right(
        "no plain retry for the key, in other words",
        swap("stop at once, and tell a person", "no retry, it cannot help; renew the key"),
    ),
    Right("after wrong ones", finished, before=(practice(), swap(*paid(LATE, "0")))),
]
