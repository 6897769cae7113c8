# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Foundations of Durable AI with Temporal
#
# You build a small research app: it asks an LLM and turns the answer into a PDF. Then you break it
# in six ways, and read each time on a receipt what was paid and what is left. You repair it by
# hand, and see how far that goes.
#
# **You will be able to**
# - call an LLM from Python, and say what an answer is made of and what it costs;
# - turn an answer into a PDF that is written whole or not at all;
# - say what each common failure costs, because you have measured it;
# - write a retry loop and a checkpoint, and name what they still get wrong.
#
# **Time** about 40 minutes. **Needs** nothing: no key, no account, no internet. A practice model
# answers; the end of the README tells how to use a real one.
#
# Run each cell with Shift+Enter, from the top. Cells marked TODO are yours to finish. The cell
# under each checks what you wrote: it runs it, and says what it saw. If your next try is not right
# either, it says where to look. Take the `# ` away from `hint` for more help, or from `solution`
# for one right way. The word in `check("…")` is the name of the task. In most tasks it is also the
# name of the function that you write; where several tasks write the same function or class, each
# task has its own name. The first cell needs no attention: it finds the workshop, and fetches it in
# Colab.

# %% include="02_Adding_Durability_with_Temporal/setup"

# %% [markdown]
# The next cell prepares the classroom. It finds or starts the **practice model**, and a Temporal
# Service that you need from lesson 02 on. Run it again whenever something seems to have stopped.
#
# **After a kernel restart**, select the cell where you were, choose *Run*, *Run All Above Selected
# Cell*, and go on from there. If a cell asks a question on the way, press Enter.

# %%
from workshop import (
    ask, begin, beside, check, crash, full_disk, hint, mark, predict, progress, receipt, reveal,
    show_pdf, solution, use_practice_model, what_happens,
)

settings = await begin("01")

# %% [markdown]
# ## A first call
#
# Every provider of LLMs has its own library. [LiteLLM](https://docs.litellm.ai/docs/) talks to
# all of them through one function, `completion`. It wants to know which model, a key, where the
# model answers, and the **messages**: a list of dicts, each with a `role` and its `content`.
#
# Two settings are for days when something fails. `timeout` gives up after so many seconds of
# silence: 20, unless `LLM_TIMEOUT` in `.env` says otherwise. Without it LiteLLM waits for ten
# minutes, and OpenAI's client, which is inside it, tries three times. The whole call may take
# longer: each byte that comes starts the time again. `max_retries=0` makes one call one request;
# what happens without it you see near the end. `mark` remembers this moment for a receipt. The
# import of LiteLLM takes about ten seconds, once in each kernel.

# %%
from litellm import ModelResponse, completion, completion_cost

before = mark()
answer = completion(
    model=settings.llm_model,
    api_key=settings.llm_api_key.get_secret_value(),
    api_base=settings.llm_api_base,
    messages=[{"role": "user", "content": "Give me one fact about tardigrades"}],
    timeout=settings.llm_timeout,
    max_retries=0,
)
print(answer["choices"][0]["message"]["content"])

# %% [markdown]
# The key is taken out of its wrapper in the call, at the last moment, and nowhere else. Printed by
# accident, the settings show stars.

# %%
print(settings.llm_api_key)

# %% [markdown]
# `begin` has read the settings from the file `.env`. In your own app,
# [python-dotenv](https://saurabh-kumar.com/python-dotenv/) does that: `load_dotenv()` makes the
# lines of `.env` variables of this process, and `os.getenv` reads one, or takes a default. Here is
# how, with a file of another name. Keep such a file out of git. Where to get a key:
# [OpenAI](https://platform.openai.com/api-keys), or another of [LiteLLM's
# providers](https://docs.litellm.ai/docs/providers).

# %%
from dotenv import load_dotenv

example = Path("example.env")
example.write_text("MY_LLM_MODEL=openai/gpt-4o\nMY_LLM_API_KEY=\n", encoding="utf-8")
load_dotenv(example, override=True)  # the file wins over what the process has already
example.unlink()

print("model", os.getenv("MY_LLM_MODEL", "none"))
print("a key is set:", bool(os.getenv("MY_LLM_API_KEY")))  # never the key itself

# %% [markdown]
# ### What an answer is made of
#
# An answer is more than its text. `choices` holds what the model said, and why it stopped: `stop`
# means that it was done, `length` that it reached a limit. `usage` counts **tokens**, pieces of
# words: those of your prompt and those of the answer. Both are charged, the answer's at a higher
# price. `completion_cost` looks the prices up in LiteLLM's list, which does not have every model.

# %%
choice = answer["choices"][0]
print("role         ", choice["message"]["role"])
print("stopped by   ", choice["finish_reason"])
usage = answer["usage"]
print("tokens       ", usage["prompt_tokens"], "in,", usage["completion_tokens"], "out")
try:
    print(f"cost          ${completion_cost(answer):.6f}")
except Exception:  # a model of your own, say
    print("cost          not in LiteLLM's list of prices")
receipt(before)

# %% [markdown]
# The last lines are the **receipt**: what the provider received, answered and charged. Compare the
# cost: your client and the provider agree. From here on the receipt shows what was paid.
#
# ### Your turn: the call as a function
#
# Make a function of it: `llm_call` takes any prompt, and returns the **whole** answer. Everything
# that you need is in the first call above. Two things differ: the message holds the `prompt`, and
# the time limit is the one that the function is given.

# %% exercise="llm_call"
def llm_call(prompt: str, timeout: float = settings.llm_timeout) -> ModelResponse:
    # PROMPT: # TODO: call completion as above, with this prompt and this timeout
    # PROMPT: # and name its answer `response`
    # BEGIN SOLUTION
    response = completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": prompt}],
        timeout=timeout,
        max_retries=0,
    )
    # END SOLUTION
    return response

# %% [markdown]
# Now ask something of your own. The practice model knows more than a dozen subjects, among them
# tardigrades, dolphins and sustainable energy, and says so when it does not know one. Press Enter
# for the default.

# %%
prompt = await ask(
    "What would you like to know?", default="Give me 5 interesting facts about tardigrades"
)

# %%
answer = llm_call(prompt)
print(answer["choices"][0]["message"]["content"])

# %% [markdown]
# ## From Markdown to a PDF
#
# The answer is **Markdown**: `#` for a heading, `**` around what is bold. A PDF wants paragraphs,
# fonts and pages. `story` from the workshop turns one into the other, and never treats text as a
# command: a model's answer is text that you did not write. reportlab's `SimpleDocTemplate` sets the
# paragraphs on pages.
#
# A file that is being written is half a file for a moment. `whole_file` gives you a temporary path
# to write to, and renames it to the real name when its block ends without an error. `safe_name` is
# the name that the file really got: a slash, say, would lead out of the folder.
#
# ### Your turn: the PDF
#
# Fill in two lines of `create_pdf`. `story(content)` gives the paragraphs; with `title="…"` it also
# writes a title over them. The title is up to you: another one, or none, is right as well.

# %% exercise="create_pdf"
from reportlab.lib.pagesizes import letter
from reportlab.platypus import SimpleDocTemplate

from workshop.report import page_number, safe_name, story, whole_file


def create_pdf(content: str, filename: str = "research_pdf.pdf") -> str:
    with whole_file(filename) as path:
        document = SimpleDocTemplate(str(path), pagesize=letter)
        pages = {"onFirstPage": page_number, "onLaterPages": page_number}
        # PROMPT: # TODO: document.build(…): the story of the content, and **pages
        document.build(story(content, title="Research Report"), **pages)
    # PROMPT: # TODO: return the name that the file really got
    return safe_name(filename)

# %% [markdown]
# Run it on the answer that you have, and look at the first page.

# %%
show_pdf(create_pdf(answer["choices"][0]["message"]["content"]))

# %% [markdown]
# ## The app
#
# Both steps work alone. Put them together in `research`: ask the model, take the text out of its
# answer, make a PDF of it, and return the PDF's name.
#
# ### Your turn: the chain

# %% exercise="research"
def research(prompt: str, filename: str = "research_pdf.pdf") -> str:
    # PROMPT: # TODO: call llm_call, and take the text out of its answer
    # PROMPT: # TODO: give the text and the filename to create_pdf; name what it returns `pdf_name`
    # BEGIN SOLUTION
    response = llm_call(prompt)
    content = response["choices"][0]["message"]["content"]
    pdf_name = create_pdf(content, filename)
    # END SOLUTION
    return pdf_name

# %%
before = mark()
show_pdf(research("Give me 3 facts about dolphins", "dolphins.pdf"))
receipt(before)

# %% [markdown]
# One report, one call. It works as long as nothing fails. You could publish this.
#
# ## What goes wrong
#
# **Two minutes with the person next to you.** The app runs all day, for many people. What can go
# wrong between a prompt and a PDF? For each: what have you paid by then, and what do you have?
#
# Now find out. The next cells break the app on purpose. A real provider cannot be told to fail, so
# from here on the practice model answers, even if you have a key of your own. `lab` runs the app
# once, and `what_happens` tells in one line how it ended, where Python would print a page.
#
# Keep a sheet of paper: for each failure, note **how many calls were paid** and what was lost. You
# will need it for a table.

# %%
from pathlib import Path

from workshop.practice_model.faults import dropped, rate_limited, slow, wrong_key

settings = await use_practice_model()
report = Path("lab.pdf")


def lab() -> None:
    report.unlink(missing_ok=True)
    research("Give me 3 facts about dolphins", report.name)

# %% [markdown]
# ### Too many requests
#
# Providers limit how much you may ask in a minute. The next call is one too many.

# %%
before = mark()
with what_happens(), rate_limited(times=1, retry_after=2):
    lab()
print("PDF on disk:", report.exists())
receipt(before)

# %% [markdown]
# A 429 answer even says when to try again: in two seconds. You paid nothing, but you have nothing
# either.
#
# ### No answer in time
#
# Now the model takes a minute. We wait for one second, and give up.
#
# **Predict**, with a letter between the quotes: how many calls will be charged?
# - **a** none: there is no answer
# - **b** one: the provider goes on without you
# - **c** two: the library asks once more

# %%
predict("gave_up", "")

# %%
before = mark()
with what_happens(), slow(60):
    llm_call("Give me 3 facts about dolphins", timeout=1)
receipt(before)

# %%
reveal("gave_up", receipt(before).answered)

# %% [markdown]
# Read this receipt twice. *You* gave up. The provider did not: as most do, it finished the answer,
# and charged for it. Nobody received it.
#
# ### A key that is revoked
#
# Somebody has renewed the keys, and your app has the old one.

# %%
before = mark()
with what_happens(), wrong_key():
    lab()
print("PDF on disk:", report.exists())
receipt(before)

# %% [markdown]
# An error like the others, it seems. But waiting does not help here. What would an app do that
# tries again whenever something fails?
#
# ### A connection that drops
#
# The request reaches the provider, and the connection breaks before the answer.

# %%
before = mark()
with what_happens(), dropped():
    lab()
print("PDF on disk:", report.exists())
receipt(before)

# %% [markdown]
# LiteLLM calls this an `InternalServerError`. This time nothing was charged; your side of the
# connection cannot know that. The next request may work.
#
# ### A full disk
#
# So far the model failed. Now the model answers well, and the file cannot be written: `full_disk`
# makes the operating system refuse this process any file of more than 4,096 bytes.

# %%
before = mark()
with what_happens(), full_disk(4096):
    lab()
print("PDF on disk:", report.exists())
receipt(before)

# %% [markdown]
# This is the expensive kind. The answer was there, good and paid for, in a variable of a function
# that has ended.
#
# At least there is no half PDF. That is the work of `whole_file`. Write the same PDF without it,
# and look at what is left.

# %%
lab()
pdf = report.read_bytes()
with what_happens(), full_disk(4096):
    Path("half.pdf").write_bytes(pdf)
print("PDF on disk:", Path("half.pdf").exists(), f"with {Path('half.pdf').stat().st_size:,} bytes")
print("the same as the whole one:", Path("half.pdf").read_bytes() == pdf)
Path("half.pdf").unlink()

# %% [markdown]
# A file of the right name, and no reader can open it. Code that only checks whether the file exists
# takes it for a good one.
#
# ### A process that dies
#
# Last, no error at all. The memory is full, the container is moved, somebody presses the wrong key:
# the process is gone between one line and the next. `crash` runs the same app as a process of
# its own (`project/start/app.py`), kills it between answer and PDF with
# **SIGKILL**, which no program can catch, and starts it again, as anyone would.

# %%
killed = await crash("naive")
killed

# %% [markdown]
# One report, two calls. The first answer was paid for, and it is lost.
#
# ### Your turn: the table of losses
#
# Put your notes together in `losses`. For each failure write three things: how many **calls were
# paid**, what you lost, and what you would want to happen instead, in your own words. Count each
# failure alone, and do not add up the rows. Only *process killed* counts two runs of the app: the
# one that was killed and the one after it. If you are not sure of a number, run its cell again and
# read the receipt: *answered* is what was paid.

# %% exercise="losses"
losses = {
    # what happened: (calls paid, what I lost, what I would want)
    # PROMPT: "too many requests": (..., "", ""),  # TODO
    "too many requests": (0, "only time", "wait as long as it says, and ask again"),
    # PROMPT: "no answer in time": (..., "", ""),  # TODO
    "no answer in time": (1, "an answer that I paid for", "try again, and not for ever"),
    # PROMPT: "key revoked": (..., "", ""),  # TODO
    "key revoked": (0, "only time", "stop at once, and tell a person"),
    # PROMPT: "connection dropped": (..., "", ""),  # TODO
    "connection dropped": (0, "only time", "ask again after a pause"),
    # PROMPT: "full disk": (..., "", ""),  # TODO
    "full disk": (1, "a good answer", "write the PDF from the answer that I have"),
    # PROMPT: "process killed": (..., "", ""),  # TODO: for the whole report
    "process killed": (2, "the first answer", "go on after the answer"),
}

# %% [markdown]
# Two wishes come back in every row of such a table: **try again, where that helps**, and **do not
# do again what is done**.
#
# ## Repaired by hand
#
# You can do both with what you know: a loop around the call, and a file that keeps the
# answer. A file like that is called a **checkpoint**. Each prompt gets its own, in the workshop's
# folder of state; `file_of` says which.

# %%
import hashlib
import time

from litellm.exceptions import InternalServerError, RateLimitError, Timeout

answers = settings.folder / "answers"
answers.mkdir(parents=True, exist_ok=True)


def file_of(prompt: str) -> Path:
    return answers / f"{hashlib.sha256(prompt.encode()).hexdigest()[:12]}.txt"

# %% [markdown]
# ### Your turn: retries and a checkpoint
#
# `saved_call` returns the **text** of an answer. Three parts are missing:
# - Is the answer saved already? Then return the saved text, and do not call the model.
# - Call the model, at most 3 times in all. After a `RateLimitError`, a `Timeout` or an
#   `InternalServerError`, pause for a second or two and call it again. If the third call fails too,
#   `saved_call` raises that error. It raises every other error at once, after the first call.
# - Save the text whole: write it to `draft`, then `draft.replace(file)`.

# %% exercise="saved_call"
def saved_call(prompt: str) -> str:
    file = file_of(prompt)
    draft = file.with_suffix(".part")
    # PROMPT: # TODO: if the file exists, return its text
    # BEGIN SOLUTION
    if file.exists():
        return file.read_text(encoding="utf-8")
    # END SOLUTION
    # PROMPT: # TODO: llm_call(prompt), tried 3 times; name the text of its answer `content`
    # BEGIN SOLUTION
    for attempt in (1, 2, 3):
        try:
            response = llm_call(prompt)
            break
        except (RateLimitError, Timeout, InternalServerError):
            if attempt == 3:
                raise
            time.sleep(attempt)
    content = response["choices"][0]["message"]["content"]
    # END SOLUTION
    # PROMPT: # TODO: write the content to draft, then put it in the place of file
    # BEGIN SOLUTION
    draft.write_text(content, encoding="utf-8")
    draft.replace(file)
    # END SOLUTION
    return content

# %% [markdown]
# Does it help? The provider refuses twice, and then the disk is full. Afterwards there is room
# again, and somebody starts the report once more. The second line forgets what an earlier run of
# this cell has saved.

# %%
energy = "Give me 3 facts about sustainable energy"
file_of(energy).unlink(missing_ok=True)
before = mark()
with what_happens(), rate_limited(times=2), full_disk(4096):
    create_pdf(saved_call(energy), "energy.pdf")
with what_happens():
    show_pdf(create_pdf(saved_call(energy), "energy.pdf"))
receipt(before)

# %% [markdown]
# Three requests, **one** paid, and the report is there. The loop got through the 429s; the
# checkpoint saved the answer from the full disk. Twenty lines, and it was worth it.
#
# So are we finished? Look more closely.
#
# ## What that still gets wrong
#
# **Another file under its name.** Somebody's older version of this app wrote its checkpoints
# without a rename, and the disk was full at that moment. What does your function do with such a
# file?

# %%
long_prompt = "Give me 12 facts about tardigrades"
whole = llm_call(long_prompt)["choices"][0]["message"]["content"]
with what_happens(), full_disk(200):
    file_of(long_prompt).write_text(whole, encoding="utf-8")
before = mark()
with what_happens():
    found = saved_call(long_prompt)
print(f"read back: … {found[-40:]!r}, the whole answer: {found == whole}")
file_of(long_prompt).unlink()
receipt(before)

# %% [markdown]
# No error, no call, and a report that ends in the middle of a sentence. The file *exists*, and that
# is all that the code asks.
#
# **A crash before the save.** Your function as a plain file is
# `demos/module_one_01_foundations_ai/careful.py`. It is killed after the answer and before the
# save, and started again.
#
# **Predict**, with a letter between the quotes: how many calls will be charged?
# - **a** two
# - **b** one
# - **c** three

# %%
predict("before_the_save", "")

# %%
save = await crash("save")
reveal("before_the_save", save.receipt.answered)
beside(naive=killed.receipt, careful=save.receipt)

# %% [markdown]
# As many as without any checkpoint. The gap between "the provider has answered" and "I have it on
# disk" is small, but it is there.
#
# **Two at once.** A user is impatient and clicks twice; two processes get the same prompt. Each
# looks for the file, and finds none.

# %%
twins = await crash("twins")
twins.receipt

# %% [markdown]
# Both looked before either had saved, and both paid. A lock file would help, until a process dies
# and leaves its lock behind. Lesson 02 solves this with a name.
#
# **Retries that you did not write.** Your calls have `max_retries=0`. Here is one call without it,
# as most examples on the web have it, while the provider is slow.
#
# **Predict**, with a letter between the quotes: how many calls will be charged?
# - **a** none
# - **b** one
# - **c** three

# %%
predict("hidden_retries", "")

# %%
before = mark()
with what_happens(), slow(60):
    completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": energy}],
        timeout=1,
    )
receipt(before)

# %%
reveal("hidden_retries", receipt(before).answered)

# %% [markdown]
# One call in your code, **three** on the receipt, all paid, and no answer in your hands. The client
# inside LiteLLM tries again by itself: OpenAI's and Azure's do, Anthropic's and Gemini's ask once.
# Put that into your loop of three, and one question may cost nine calls.
#
# ## The question
#
# You could go on: a lock, a checksum, a table of what is running, a process that looks for runs
# that nobody finishes, a page that shows how far each one is. None of it is about research.
#
# All of it answers one question, which you can ask of any line of your code:
#
# > **What happens if this process dies right here?**
#
# With a plain script the answer is: what was in memory is lost, and the next run starts over. With
# your checkpoint: it depends on the line. [Temporal](https://docs.temporal.io/temporal) is made so
# that the answer is the same at every line: *the work goes on in another process, after the last
# step that completed.* In lesson 02 you build this app again with it, and measure the same things.
#
# ### When you do not need it
#
# One call, whose answer somebody reads and forgets, needs no such thing: if it fails, ask again. A
# script that you start by hand and watch is fine as well. For one call that must be tried again
# until it succeeds, there are [Standalone
# Activities](https://docs.temporal.io/develop/python/activities/standalone-activities) (in Public
# Preview). A Workflow is worth it as soon as there is a **second step** that can fail by itself, or
# as soon as something has to be **waited for**: a person, another system, a limit that ends at
# noon.
#
# <details><summary>Instructor: the same on stage (5 minutes)</summary>
#
# 1. Run the cell of the full disk. Ask before the receipt: "What did this report cost us?"
# 2. Run the cell of the time-out, and let the room find out who paid for the answer.
# 3. Ask for a repair. Somebody says "retry", somebody says "save it". Run the cells of *Repaired by
#    hand*, then the three that break it again: one call, two calls, two, three.
# 4. Read the question aloud at a line that the room chooses.
#
# If something hangs: run the cell with `begin`. It ends every fault and starts what has died. After
# a kernel restart: *Run All Above Selected Cell*, as at the top.
# </details>
#
# ### Four questions for your own app
#
# Think of something that you have built, or want to build. Answer for yourself, then open each.
#
# <details><summary>1. It is killed halfway through. What have you paid for that you pay for
# again?</summary>
#
# Here: one call. In an agent with twenty steps: up to nineteen. If the answer is "nothing that
# matters", a plain script will do.
# </details>
#
# <details><summary>2. Which steps must not happen twice, even when tried again?</summary>
#
# Sending a letter, charging a card, publishing a text. A retry loop around everything repeats them
# too.
# </details>
#
# <details><summary>3. Does it ever wait: for a person, another system, tomorrow?</summary>
#
# A process that waits has to stay alive all that time, or has to remember what it was waiting for.
# </details>
#
# <details><summary>4. Does anybody want to see how far it is, or what there is so far?</summary>
#
# Then its state has to be somewhere that others can ask, and not in a variable.
# </details>
#
# One *yes* is a reason to read on. All four is what the rest of this workshop is about.
#
# ## Recap
#
# - An answer has **choices**, **usage** and a **cost**, and a provider usually charges for what it
#   answered, not for what you received.
# - Failures are not alike: some pass by themselves, some never do, and the expensive ones come
#   *after* the answer.
# - A file is whole or it is not there; that takes a rename. Against a power cut it also takes
#   `fsync`, which waits until the disk has the bytes.
# - Retries and a checkpoint help, and the receipt has shown four cases in which they do not.
#
# How far are you?

# %%
progress()

# %% [markdown]
# ## Next
#
# **Exercise 1** gives the report a cover, and a title and a file name that the model chooses and
# your code checks before it uses them. Open
# `exercises/01_Foundations_of_Durable_AI_with_Temporal/Practice/` in the file browser. If you get
# stuck, the `Solution` folder beside it has every answer.
#
# **Lesson 02** makes the app durable: `02_Adding_Durability_with_Temporal.ipynb`.
#
# To read more:
# [LiteLLM's exceptions](https://docs.litellm.ai/docs/exception_mapping) ·
# [what Temporal is](https://docs.temporal.io/temporal) ·
# [Temporal 101](https://learn.temporal.io/courses/temporal_101/python/), a free course ·
# [CommonMark](https://commonmark.org/help/), Markdown in ten minutes
