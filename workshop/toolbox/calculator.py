"""A calculator for expressions that a model wrote: numbers and signs, and nothing that runs code.

`eval` would run whatever a model, or a page that it has read, writes there.
"""

from __future__ import annotations

import ast
import cmath
import operator
import re
from typing import Any

from simpleeval import InvalidExpression, SimpleEval  # type: ignore[import-untyped]

from workshop.core.display import short
from workshop.core.errors import WorkshopError

_LONGEST = 200
_MOST_BITS = 1000
"""About 300 digits: more are no answer to anything, and a power could make billions of them."""
_CHARACTERS = re.compile(r"[\d\s.,+\-*/%^()eE]*")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_SHOWN = 80
_LIKE = 'Write it like "(17 + 4) * 2".'


class CalculatorError(WorkshopError):
    """An expression that cannot be calculated, and never will."""


def calculate(expression: str) -> float | int:
    """The value of an expression such as "(17 + 4) * 2".

    It knows + - * / // % and ** (also ^), brackets, and numbers such as 1,000 or 2.5e3; the
    signs × and ÷ and a long minus are read as what they mean.

    Raises:
        CalculatorError: it is too long, holds anything else, has no value (1 / 0), or a value of
            more than about 300 digits.

    https://github.com/danthedeckie/simpleeval
    """
    shown = repr(short(expression, _SHOWN))
    if len(expression) > _LONGEST:
        raise CalculatorError(
            f"The expression has {len(expression):,} characters.",
            f"It has at most {_LONGEST}.",
            "Calculate it in parts.",
        )
    plain = " ".join(expression.translate(_SIGNS).split()).rstrip("= ")
    plain = _THOUSANDS.sub(lambda number: number[0].replace(",", ""), plain).replace("^", "**")
    if not _CHARACTERS.fullmatch(plain) or "," in plain or not re.search(r"\d", plain):
        raise CalculatorError(
            f"The expression is {shown}.",
            "It is made of numbers, brackets and + - * / // % **.",
            _LIKE,
        )
    try:
        value = SimpleEval(operators=_OPERATORS, functions={}, names={}).eval(plain)
        bits = value.bit_length() if isinstance(value, int) else 0
        if bits > _MOST_BITS or not cmath.isfinite(value):
            raise OverflowError
    except ZeroDivisionError:
        raise CalculatorError(f"{shown} divides by zero.", "", "Use another divisor.") from None
    except OverflowError:
        raise CalculatorError(
            f"The value of {shown} is too large.", "It has at most about 300 digits."
        ) from None
    except (InvalidExpression, SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        raise CalculatorError(f"{shown} cannot be read as an expression.", "", _LIKE) from None
    if not isinstance(value, int | float):
        raise CalculatorError(f"{shown} has no real value.", "It has a number as its value.")
    return value


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, int) and abs(exponent) * max(0, abs(base) - 1).bit_length() > _MOST_BITS:
        raise OverflowError
    return base**exponent


_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_SIGNS = {0xD7: "*", 0xF7: "/", 0x2212: "-", 0x2013: "-"}
