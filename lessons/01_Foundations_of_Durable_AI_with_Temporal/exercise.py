# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Exercise 1: a report with its own name
#
# Every report is called `research_pdf.pdf`, and the next one replaces it. Ask the model, in a
# second call, what the report is about; use that as its title and as its file name, and put a cover
# in front. The problem: a file name from a model is text that you did not write.
#
# **You will practise** a second call, structured output that is checked before it is used, and a
# file name that cannot leave its folder.
#
# **Time** about 20 minutes. **Needs** lesson 01. Under each task is a cell that checks what you
# wrote, with `hint` and `solution` to uncomment; the `Solution` folder beside this one holds every
# answer.

# %% include="02_Adding_Durability_with_Temporal/setup"

# %%
from litellm import ModelResponse, completion
from pydantic import BaseModel, Field, ValidationError
from reportlab.lib.pagesizes import letter
from reportlab.platypus import Flowable, PageBreak, SimpleDocTemplate, Spacer

from workshop import begin, check, hint, mark, progress, receipt, show_pdf, solution
from workshop.report import page_number, safe_name, story, whole_file

settings = await begin("01")

# %% [markdown]
# ## What is there already
#
# The call from the lesson, which asks for a text.

# %% include="01_Foundations_of_Durable_AI_with_Temporal/llm_call"

# %% [markdown]
# ## Task 1: ask for the subject
#
# A free text is hard to use in code: it may begin with "Sure!", or end with a question.
# **Structured output** asks for JSON of a given shape. The shape is a pydantic class, and
# `response_format=` passes it to the model.
#
# Finish `ask_subject`. It makes a call like `llm_call`, with `response_format=Subject`, and returns
# the **text** of the answer as it came. The message says what is wanted, and holds the prompt that
# the report is made from.

# %%
class Subject(BaseModel):
    subject: str = Field(min_length=2, max_length=60)
    facts: int | None = Field(default=None, ge=1, le=20)


# %% exercise="ask_subject"
def ask_subject(prompt: str) -> str:
    question = f"Name the subject of this request, and how many facts it asks for: {prompt}"
    # PROMPT: # TODO: call completion with the question and response_format=Subject
    # PROMPT: # and name its answer `response`
    # BEGIN SOLUTION
    response = completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": question}],
        response_format=Subject,
        timeout=settings.llm_timeout,
        max_retries=0,
    )
    # END SOLUTION
    # PROMPT: # TODO: return the text of the answer
    return response["choices"][0]["message"]["content"]

# %%
before = mark()
prompt = "Give me 5 facts about tardigrades"
said = ask_subject(prompt)
print(type(said).__name__, said)

# %% [markdown]
# It looks like a dict. It is a text that a model has written, and until somebody checks it, that is
# all it is. Not every model keeps to a shape, and some can only be asked for *some* JSON. Here is
# the same question with a looser format, and with none.

# %%
for wanted in ({"type": "json_object"}, None):
    loose = completion(
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        api_base=settings.llm_api_base,
        messages=[{"role": "user", "content": f"Name the subject of this request: {prompt}"}],
        response_format=wanted,
        timeout=settings.llm_timeout,
        max_retries=0,
    )
    print(loose["choices"][0]["message"]["content"])

# %% [markdown]
# ## Task 2: check before use
#
# `Subject.model_validate_json(text)` reads JSON and checks it against the class. Where it does not
# fit, it raises a `ValidationError`. Then you decide: ask again and pay again, stop, or go on
# without it. A report with a boring name is better than none, so here we go on without it:
# `Subject(subject="Research Report")`.
#
# Finish `read_subject`. It returns the checked subject. If the text does not fit, it returns
# `Subject(subject="Research Report")`. JSON with other words around it does not fit either. (You
# may take the JSON out of such a text and check it; you need not.)

# %% exercise="read_subject"
def read_subject(text: str) -> Subject:
    # PROMPT: # TODO: check the text; where that raises a ValidationError, take the plain subject
    # PROMPT: # name the result `checked`
    # BEGIN SOLUTION
    try:
        checked = Subject.model_validate_json(text)
    except ValidationError:
        checked = Subject(subject="Research Report")
    # END SOLUTION
    return checked

# %% [markdown]
# Try it on what models have really been seen to say. Only the first is as it was asked for.

# %%
answers = [
    '{"subject": "tardigrades", "facts": 5}',
    'Sure! Here is your JSON: {"subject": "tardigrades"}',
    '{"answer": "Tardigrades"}',
    '{"subject": ["tardigrades", "water bears"]}',
    '{"subject": "tardigrades", "facts": "five"}',
    "",
]
for text in answers:
    print(f"{text[:52]:<54}", repr(read_subject(text)))

# %% [markdown]
# ## Task 3: the report
#
# The cover is given. Now all of it, in `named_report`: two calls, the check, a title and a file
# name from the subject, and the PDF with its cover in front. `subject.subject.capitalize()` is a
# fair title.
#
# The file is named after the subject. Write it as you like, in capitals or not, with `.pdf` or not:
# `safe_name` adds the ending if it is missing.
#
# The shape says that the subject is a text of 2 to 60 characters. It does not say that it is a good
# file name: `../../notes` has 11 characters. `whole_file` makes a safe name of it. Return that
# name, the one that the file really got: `safe_name` gives it.

# %%
def cover(title: str, prompt: str) -> list[Flowable]:
    # story takes both as text, whatever stands in them.
    return [Spacer(1, 180), *story(f"Asked for: {prompt}", title=title), PageBreak()]


# %% exercise="named_report"
def named_report(prompt: str) -> str:
    content = llm_call(prompt)["choices"][0]["message"]["content"]
    # PROMPT: # TODO: ask for the subject and check it; make a `title` and a file's `name` of it
    # BEGIN SOLUTION
    subject = read_subject(ask_subject(prompt))
    title, name = subject.subject.capitalize(), subject.subject
    # END SOLUTION
    with whole_file(name) as path:
        document = SimpleDocTemplate(str(path), pagesize=letter)
        pages = {"onFirstPage": page_number, "onLaterPages": page_number}
        # PROMPT: # TODO: document.build(…): the cover, then the story of the content, and **pages
        document.build(cover(title, prompt) + story(content, title=title), **pages)
    # PROMPT: # TODO: return the name that the file really got
    return safe_name(name)

# %%
before = mark()
made = named_report(prompt)
show_pdf(made)
receipt(before)

# %% [markdown]
# Two calls, a cover, and a name that says what is inside. Ask for dolphins, and there are two
# reports, side by side.

# %%
print(named_report("Give me 3 facts about dolphins"))
print(safe_name("../../notes"), "·", safe_name("AI/ML: a report?"))

# %% [markdown]
# **To think about.** The report now costs two calls. The process dies after the first, and after
# the second, and in the PDF. What is paid again in each case? Where would you put the checkpoints,
# and how many files would that be?
#
# How far are you?

# %%
progress()

# %% [markdown]
# ## Recap
#
# A model's answer is input from outside. You asked for a shape, checked what came, had an answer
# ready for the day when it does not fit, and let no text from outside name a folder.
