"""Answers to lesson 01's repair by hand: a saved answer, and a call that is tried three times."""

from bank import Right, Wrong, finished, practice, swap, whole

DEF = "def saved_call(prompt: str) -> str:\n"
NAMES = '    file = file_of(prompt)\n    draft = file.with_suffix(".part")\n'
IF = "    if file.exists():\n"
READ = '        return file.read_text(encoding="utf-8")\n'
FOR = "    for attempt in (1, 2, 3):\n"
ASK = "            response = llm_call(prompt)\n"
BREAK = "            break\n"
EXCEPT = "        except (RateLimitError, Timeout, InternalServerError):\n"
LAST = "            if attempt == 3:\n                raise\n"
PAUSE = "            time.sleep(attempt)\n"
LOOP = FOR + "        try:\n" + ASK + BREAK + EXCEPT + LAST + PAUSE
PICK = 'response["choices"][0]["message"]["content"]'
TEXT = f"    content = {PICK}\n"
WRITE = '    draft.write_text(content, encoding="utf-8")\n'
REPLACE = "    draft.replace(file)\n"
RETURN = "    return content"

WRONG = [
    Wrong("blank left", practice(), ("open|exists|blank",), verdict="not attempted"),
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
        "a colon forgotten in a later edit, and an earlier version is loaded",
        swap("if file.exists():", "if file.exists()"),
        ("':'|colon",),
        before=(finished,),
    ),
    # --- the saved answer is read ---
    Wrong(
        "never reads what was saved", swap(IF + READ, ""), ("saved|exists|read", "again|call|paid")
    ),
    Wrong(
        "looks for the draft",
        swap("file.exists()", "draft.exists()", "file.read_text", "draft.read_text"),
        ("draft", "file"),
    ),
    Wrong("exists without parentheses", swap("file.exists()", "file.exists"), ("exists()",)),
    Wrong(
        "the wrong way round", swap("if file.exists()", "if not file.exists()"), ("not", "exists")
    ),
    Wrong(
        "the file itself returned",
        swap('return file.read_text(encoding="utf-8")', "return file"),
        ("read_text", "text|path"),
    ),
    Wrong(
        "read_text without parentheses",
        swap('return file.read_text(encoding="utf-8")', "return file.read_text"),
        ("read_text()|read_text(|parenthes",),
    ),
    Wrong(
        "read, and not returned",
        swap("        return file.read_text", "        content = file.read_text"),
        ("return file.read_text",),
    ),
    Wrong(
        "bytes read",
        swap('read_text(encoding="utf-8")', "read_bytes()"),
        ("bytes", "read_text|text"),
    ),
    Wrong(
        "printed in place of returned",
        swap('return file.read_text(encoding="utf-8")', 'print(file.read_text(encoding="utf-8"))'),
        ("return",),
        same_as="read, and not returned",
    ),
    Wrong(
        "read at the end, after the call",
        whole(DEF + NAMES + LOOP + TEXT + WRITE + REPLACE + IF + READ + RETURN),
        ("saved|exists|read|first|before", "again|call|paid"),
        same_as="never reads what was saved",
    ),
    Wrong(
        "kept in memory alone",
        lambda blank: (
            "kept = {}\n\n\n"
            + DEF
            + "    if prompt in kept:\n        return kept[prompt]\n"
            + LOOP
            + TEXT
            + "    kept[prompt] = content\n"
            + RETURN
        ),
        ("file|disk|saved|memory|draft",),
        same_as="never saved",
    ),
    Wrong(
        "taken away once it is read",
        swap(
            READ,
            '        content = file.read_text(encoding="utf-8")\n'
            "        file.unlink()\n        return content\n",
        ),
        ("unlink|delete|gone|remove|taken away|no longer|still", "file|saved"),
    ),
    # --- the call ---
    Wrong(
        "no retry",
        swap(LOOP, "    response = llm_call(prompt)\n"),
        ("again|retr|loop|try|tries", "3|three|RateLimitError"),
    ),
    Wrong(
        "tried again after a 429 alone",
        swap("(RateLimitError, Timeout, InternalServerError)", "RateLimitError"),
        ("Timeout",),
    ),
    Wrong(
        "or in place of a tuple",
        swap(
            "(RateLimitError, Timeout, InternalServerError)",
            "RateLimitError or Timeout or InternalServerError",
        ),
        ("Timeout", "first|alone", "parenthes|tuple"),
    ),
    Wrong(
        "time-outs forgotten",
        swap("Timeout, ", ""),
        ("Timeout",),
        same_as="tried again after a 429 alone",
    ),
    Wrong(
        "Python's own time-out",
        swap("Timeout, ", "TimeoutError, "),
        ("TimeoutError", "Python's own"),
    ),
    Wrong(
        "dropped connections forgotten",
        swap(", InternalServerError", ""),
        ("InternalServerError",),
    ),
    Wrong(
        "no parentheses around the errors",
        swap("(RateLimitError, Timeout, InternalServerError)", "RateLimitError, Timeout"),
        ("parenthes",),
    ),
    Wrong(
        "a list of errors",
        swap(
            "(RateLimitError, Timeout, InternalServerError)",
            "[RateLimitError, Timeout, InternalServerError]",
        ),
        ("tuple|list|[|parenthes",),
    ),
    Wrong(
        "an error misspelt",
        swap("(RateLimitError,", "(RatelimitError,"),
        ("RatelimitError", "RateLimitError"),
    ),
    Wrong(
        "each error tried again",
        swap("(RateLimitError, Timeout, InternalServerError)", "Exception"),
        ("AuthenticationError|key", "once|Exception|each|every|help"),
    ),
    Wrong(
        "a bare except",
        swap("except (RateLimitError, Timeout, InternalServerError)", "except"),
        ("AuthenticationError|key", "once|except|each|every|help"),
        same_as="each error tried again",
    ),
    Wrong(
        "a revoked key tried again",
        swap(
            "(RateLimitError, Timeout, InternalServerError)",
            "(RateLimitError, Timeout, InternalServerError, AuthenticationError)",
            DEF,
            "from litellm.exceptions import AuthenticationError\n\n\n" + DEF,
        ),
        ("AuthenticationError|key",),
        same_as="each error tried again",
    ),
    Wrong(
        "for ever",
        swap(FOR, "    while True:\n", LAST + PAUSE, "            time.sleep(1)\n"),
        ("ever|end|limit|stop", "3|three"),
    ),
    Wrong(
        "for ever, by calling itself",
        swap(
            LOOP,
            "    try:\n        response = llm_call(prompt)\n"
            "    except (RateLimitError, Timeout, InternalServerError):\n"
            "        time.sleep(1)\n        return saved_call(prompt)\n",
        ),
        ("ever|end|limit|stop", "3|three"),
        same_as="for ever",
    ),
    Wrong(
        "a while that counts nothing",
        swap(
            FOR,
            "    attempt = 1\n    while attempt <= 3:\n",
            LAST + PAUSE,
            "            time.sleep(1)\n",
        ),
        ("ever|end|limit|stop|count", "3|three|attempt"),
        same_as="for ever",
    ),
    Wrong("no pause", swap(PAUSE, ""), ("pause|sleep|wait",)),
    Wrong(
        "a pause of nothing",
        swap("sleep(attempt)", "sleep(0)"),
        ("pause|sleep|wait",),
        same_as="no pause",
    ),
    Wrong(
        "a pause of ten minutes",
        swap("sleep(attempt)", "sleep(600)"),
        ("600|long|minute", "pause|sleep|second"),
    ),
    Wrong(
        "milliseconds for seconds",
        swap("sleep(attempt)", "sleep(2000)"),
        ("2000|long|second", "pause|sleep|second"),
    ),
    Wrong(
        "asyncio's pause, not awaited",
        swap(
            "time.sleep(attempt)",
            "asyncio.sleep(attempt)",
            DEF,
            "import asyncio\n\n\n" + DEF,
        ),
        ("time.sleep", "asyncio|await|pause"),
    ),
    Wrong("sleep without its module", swap("time.sleep", "sleep"), ("sleep", "time.sleep|import")),
    Wrong("time misspelt", swap("time.sleep", "tme.sleep"), ("tme", "time")),
    Wrong("time called", swap("time.sleep(attempt)", "time(attempt)"), ("time.sleep|sleep",)),
    Wrong("a pause without a length", swap("sleep(attempt)", "sleep()"), ("sleep", "second")),
    Wrong("the last error swallowed", swap(LAST, ""), ("raise|last|third",)),
    Wrong(
        "None after the last error",
        swap(LAST, LAST.replace("raise", "return None")),
        ("raise", "None|last|third|nothing"),
    ),
    Wrong(
        "a text after the last error",
        swap(LAST, LAST.replace("raise", 'return "no answer"')),
        ("raise", "text|last|third|no answer"),
    ),
    Wrong(
        "another error after the last one",
        swap(LAST, LAST.replace("raise", 'raise RuntimeError("gave up")')),
        ("RuntimeError", "raise"),
    ),
    Wrong(
        "the error printed",
        swap(
            "InternalServerError):\n" + LAST + PAUSE,
            "InternalServerError) as error:\n            print(error)\n" + PAUSE,
        ),
        ("raise|last|third",),
        same_as="the last error swallowed",
    ),
    Wrong(
        "twice",
        swap("(1, 2, 3)", "(1, 2)", "attempt == 3", "attempt == 2"),
        ("2|two|twice", "3|three"),
    ),
    Wrong(
        "raised one too early",
        swap("attempt == 3", "attempt == 2"),
        ("2|two|twice", "3|three"),
        same_as="twice",
    ),
    Wrong(
        "range that ends before three",
        swap("(1, 2, 3)", "range(1, 3)", "attempt == 3", "attempt == 2"),
        ("range(1, 3)", "2|two|twice", "3|three"),
    ),
    Wrong(
        "range that ends before three, and raises at three",
        swap("(1, 2, 3)", "range(1, 3)"),
        ("range(1, 3)", "2|two|twice", "3|three"),
        same_as="range that ends before three",
    ),
    Wrong(
        "four times",
        swap("(1, 2, 3)", "range(1, 5)", "attempt == 3", "attempt == 4"),
        ("4|four", "3|three"),
    ),
    Wrong(
        "counted from 0, compared with 3",
        swap("(1, 2, 3)", "range(3)", "sleep(attempt)", "sleep(1)"),
        ("range(3)", "never 3|0, 1, 2"),
    ),
    Wrong(
        "raised at the first",
        swap(LAST, "            raise\n"),
        ("again|retr|first|1|one|once", "3|three|raise"),
    ),
    Wrong(
        "break forgotten",
        swap(BREAK, ""),
        ("break|3|three", "answer|once|one|stop|good|paid"),
    ),
    Wrong(
        "the loop inside the try",
        swap(
            LOOP,
            "    try:\n        for attempt in (1, 2, 3):\n"
            "            response = llm_call(prompt)\n            break\n"
            "    except (RateLimitError, Timeout, InternalServerError):\n        time.sleep(1)\n",
        ),
        ("loop|again|inside|1|once|one", "3|three|try|raise"),
    ),
    Wrong(
        "hidden retries asked for",
        swap(LOOP, "    response = llm_call(prompt, max_retries=3)\n"),
        ("max_retries", "loop|for|llm_call"),
    ),
    Wrong(
        "asked once before the loop",
        swap(FOR, "    response = llm_call(prompt)\n" + FOR),
        ("twice|two|2|before", "loop|once|one|first|try|3|three"),
    ),
    Wrong(
        "the word prompt asked",
        swap("llm_call(prompt)", 'llm_call("prompt")'),
        ("prompt", "quote|word|'prompt'|\"prompt\""),
    ),
    Wrong(
        "research in place of the call",
        swap("llm_call(prompt)", "research(prompt)"),
        ("llm_call", "research"),
    ),
    # --- the save ---
    Wrong("never saved", swap(WRITE + REPLACE, ""), ("save|written|write", "file|draft")),
    Wrong(
        "returned before it is saved",
        swap(TEXT + WRITE + REPLACE + RETURN, TEXT + RETURN + "\n" + WRITE + REPLACE[:-1]),
        ("save|written|write", "return|file|draft|before"),
        same_as="never saved",
    ),
    Wrong(
        "returned out of the loop",
        swap(ASK + BREAK, f"            return {PICK.replace('response', 'llm_call(prompt)')}\n"),
        ("save|written|write", "return|file|draft|before"),
        same_as="never saved",
    ),
    Wrong(
        "written to its place at once",
        swap(WRITE + REPLACE, WRITE.replace("draft", "file")),
        ("draft", "half|whole|replace|part|moment"),
    ),
    Wrong(
        "written to its place at once, with open",
        swap(
            WRITE + REPLACE,
            '    with open(file, "w", encoding="utf-8") as f:\n        f.write(content)\n',
        ),
        ("draft", "half|whole|replace|part|moment"),
        same_as="written to its place at once",
    ),
    Wrong(
        "written twice, the draft beside it",
        swap(REPLACE, WRITE.replace("draft", "file")),
        ("draft", "half|whole|replace|part|moment"),
        same_as="written to its place at once",
    ),
    Wrong("the draft left where it is", swap(REPLACE, ""), ("replace",)),
    Wrong(
        "replaced before it is written",
        swap(WRITE + REPLACE, REPLACE + WRITE),
        ("replace", "write|first|before|order|after|FileNotFound|no draft"),
    ),
    Wrong(
        "replaced the wrong way round",
        swap("draft.replace(file)", "file.replace(draft)"),
        ("draft.replace(file)|wrong way|other way|swap|round",),
    ),
    Wrong(
        "replace as of a text",
        swap("draft.replace(file)", "draft.replace(draft, file)"),
        ("replace", "draft.replace(file)|file"),
    ),
    Wrong(
        "draft for its name alone",
        swap("draft.replace(file)", "draft = file"),
        ("replace",),
        same_as="the draft left where it is",
    ),
    Wrong(
        "the prompt saved",
        swap("write_text(content", "write_text(prompt"),
        ("content", "holds|prompt"),
    ),
    Wrong(
        "the whole answer saved",
        swap("write_text(content", "write_text(str(response)"),
        ("text|content", "whole|answer|response|str"),
    ),
    Wrong(
        "the answer itself given to write_text",
        swap("write_text(content", "write_text(response"),
        ("write_text|text|content", "ModelResponse|response|answer|content"),
    ),
    Wrong("write without text", swap("draft.write_text", "draft.write"), ("write_text",)),
    Wrong(
        "a text in write_bytes",
        swap(WRITE, "    draft.write_bytes(content)\n"),
        ("write_text|bytes",),
    ),
    Wrong(
        "an encoding without accents",
        swap(WRITE, WRITE.replace("utf-8", "ascii")),
        ("utf-8|ascii|encod",),
    ),
    Wrong(
        "one file for each prompt alike",
        swap("file_of(prompt)", 'answers / "answer.txt"'),
        ("prompt", "file_of|own|same|other|another"),
    ),
    Wrong(
        "the file of the word",
        swap("file_of(prompt)", 'file_of("prompt")'),
        ("prompt", "file_of|own|same|other|another"),
        same_as="one file for each prompt alike",
    ),
    Wrong(
        "saved before the answer is there",
        whole(
            DEF
            + NAMES
            + IF
            + READ
            + '    file.write_text("")\n'
            + LOOP
            + TEXT
            + WRITE
            + REPLACE
            + RETURN
        ),
        ("empty|before|half|failed|nothing", "file|saved|answer"),
    ),
    Wrong(
        "the content written before it is there",
        whole(DEF + NAMES + IF + READ + WRITE + REPLACE + LOOP + TEXT + RETURN),
        ("content", "before|first|order|above|yet"),
    ),
    Wrong(
        "an error saved for an answer",
        swap(
            EXCEPT + LAST + PAUSE,
            "        except Exception as error:\n            content = str(error)\n"
            "            time.sleep(1)\n",
            ASK + BREAK,
            ASK + f"            content = {PICK}\n" + BREAK,
            TEXT + WRITE,
            WRITE,
        ),
        ("error|except|AuthenticationError", "save|answer|raise|text|once"),
    ),
    # --- what is returned ---
    Wrong(
        "the whole answer returned",
        swap(RETURN, "    return response"),
        ("text|content", "whole|answer|response|ModelResponse"),
    ),
    Wrong(
        "the file returned",
        swap(RETURN, "    return file"),
        ("text|content", "file|path"),
    ),
    Wrong("nothing returned", swap(RETURN, ""), ("return", "None|nothing")),
    Wrong(
        "content of the answer itself",
        swap(PICK, "response.content"),
        ("content", "choices"),
    ),
    Wrong("content not named", swap(TEXT, ""), ("content", "choices|text|answer|response")),
    Wrong("a path joined anew", swap("draft.write_text", "drafts.write_text"), ("drafts", "draft")),
    Wrong("await in a plain function", swap("= llm_call(", "= await llm_call("), ("await",)),
    Wrong("async def", swap("def saved_call", "async def saved_call"), ("async",)),
    Wrong("under another name", swap("def saved_call(", "def save_call("), ("saved_call",)),
    Wrong(
        "name overwritten by a later cell", finished, ("saved_call",), after='saved_call = "done"'
    ),
    Wrong(
        "except not below its try",
        swap(EXCEPT, EXCEPT[4:]),
        ("try|except|indent|syntax",),
    ),
    Wrong(
        "no time to answer",
        swap("llm_call(prompt)", "llm_call(prompt, 0)"),
        ("timeout", "llm_call(prompt)"),
    ),
    Wrong(
        "a package that tries again",
        swap(
            LOOP,
            "    from tenacity import retry, stop_after_attempt, wait_fixed\n\n"
            "    @retry(stop=stop_after_attempt(3), wait=wait_fixed(1))\n"
            "    def asked():\n        return llm_call(prompt)\n\n    response = asked()\n",
        ),
        ("tenacity", "installed", "loop|attempt"),
    ),
    Wrong(
        "a package imported above the function",
        swap(DEF, "from tenacity import retry\n\n\n" + DEF),
        ("tenacity", "installed", "loop|attempt"),
        same_as="a package that tries again",
    ),
]

RIGHT = [
    Right(
        "a while loop that counts",
        swap(
            FOR,
            "    attempt = 0\n    while True:\n        attempt += 1\n",
            "time.sleep(attempt)",
            "time.sleep(2**attempt)",
        ),
    ),
    Right(
        "for with else, the error kept",
        swap(
            LOOP,
            "    last = None\n"
            "    for pause in [1, 2, 0]:\n"
            "        try:\n"
            "            response = llm_call(prompt)\n"
            "        except (RateLimitError, Timeout, InternalServerError) as error:\n"
            "            last = error\n"
            "            time.sleep(pause)\n"
            "        else:\n"
            "            break\n"
            "    else:\n"
            "        raise last\n",
        ),
    ),
    Right(
        "os.replace, a file that is opened",
        swap(
            WRITE + REPLACE,
            '    with open(draft, "w", encoding="utf-8") as f:\n'
            "        f.write(content)\n"
            "        f.flush()\n"
            "        os.fsync(f.fileno())\n"
            "    os.replace(draft, file)\n",
            DEF,
            "import os\n\n\n" + DEF,
        ),
    ),
    Right(
        "errors in a name, tried out of a function of its own",
        whole("""
PASSING = (RateLimitError, Timeout, InternalServerError)


def patiently(prompt: str, left: int = 3) -> str:
    try:
        return llm_call(prompt).choices[0].message.content
    except PASSING:
        if left == 1:
            raise
    time.sleep(1.5)
    return patiently(prompt, left - 1)


def saved_call(prompt: str) -> str:
    file = file_of(prompt)
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        pass
    content = patiently(prompt)
    draft = file.with_suffix(".part")
    draft.write_text(content, encoding="utf-8")
    draft.rename(file)
    return content
"""),
    ),
    Right(
        "the last try outside of the loop",
        swap(
            LOOP,
            "    for _ in range(2):\n"
            "        try:\n"
            "            response = llm_call(prompt)\n"
            "            break\n"
            "        except (RateLimitError, Timeout, InternalServerError):\n"
            "            time.sleep(1)\n"
            "    else:\n"
            "        response = llm_call(prompt)\n",
        ),
    ),
    Right(
        "an except for each",
        swap(
            EXCEPT + LAST + PAUSE,
            "".join(
                f"        except {error}:\n" + LAST + PAUSE
                for error in ("RateLimitError", "Timeout", "InternalServerError")
            ),
        ),
    ),
    Right(
        "every error looked at",
        swap(
            EXCEPT + LAST,
            "        except Exception as error:\n"
            "            kinds = (RateLimitError, Timeout, InternalServerError)\n"
            "            passing = isinstance(error, kinds)\n"
            "            if attempt == 3 or not passing:\n"
            "                raise\n"
            '            print(f"attempt {attempt}: {type(error).__name__}")\n',
        ),
    ),
    Right(
        "if not, then ask",
        whole("""
def saved_call(prompt):
    file = file_of(prompt)
    draft = file.with_suffix(".part")
    if not file.is_file():
        tries = 0
        response = None
        while response is None:
            try:
                tries += 1
                response = llm_call(prompt)
            except (InternalServerError, Timeout, RateLimitError):
                if tries >= 3:
                    raise
                time.sleep(1)
        draft.write_bytes(response["choices"][0]["message"]["content"].encode("utf-8"))
        draft.replace(file)
    return file.read_bytes().decode("utf-8")
"""),
    ),
    Right(
        "a pause that is not all the same",
        swap(
            "time.sleep(attempt)",
            "time.sleep(1 + random.random())",
            DEF,
            "import random\n\n\n" + DEF,
        ),
    ),
    Right(
        "sleep by its own name",
        swap("time.sleep(attempt)", "sleep(1)", DEF, "from time import sleep\n\n\n" + DEF),
    ),
    Right("after wrong ones", finished, before=(practice(), swap(LAST, ""))),
]
