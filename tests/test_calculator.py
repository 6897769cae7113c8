"""The calculator: right values, and errors in words for all else, soon."""

from __future__ import annotations

import pytest
import room as rooms

from workshop.core.errors import WorkshopError
from workshop.toolbox.calculator import CalculatorError, calculate


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("(17 + 4) * 2", 42),
        ("30 * 365", 10950),
        ("1 / 4", 0.25),
        ("7 // 2 + 7 % 4", 6),
        ("2 ** 10", 1024),
        ("2^10", 1024),
        ("-3 - -4", 1),
        ("2.5e3 + .5", 2500.5),
        ("1,234,567 * 2", 2469134),
        ("6 × 7 ÷ 2 \u2212 1", 20.0),
        (" 2 * 3 = ", 6),
        ("2 ** -1", 0.5),
        ("1 ** 5000 + 0 ** 5000", 1),
    ],
)
def test_values(expression: str, value: float) -> None:
    assert calculate(expression) == value
    assert type(calculate(expression)) is type(value)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "   ",
        "two plus two",
        "()",
        "(1 + 2",
        "1 +",
        "1 2",
        "1,5 + 1",
        "1,000,00",
        "e",
        "1 if 1 else 2",
        "'a' * 3",
        "[1, 2]",
        "(1, 2)",
        "3 > 2",
        "True",
        "abs(3)",
        "__import__('os').system('true')",
        "().__class__",
        "x := 3",
        "1 << 9",
        "0x10",
        "1j",
        "007",
        "1_000_000_000",
        "1()",
        "1.e()",
        "5; 6",
        "1\n2",
    ],
)
def test_what_is_no_expression_is_told_as_seen(expression: str) -> None:
    with pytest.raises(CalculatorError) as told:
        calculate(expression)
    assert isinstance(told.value, WorkshopError) and repr(expression) in told.value.saw


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("1 / 0", "divides by zero"),
        ("7 % (3 - 3)", "divides by zero"),
        ("0 ** -1", "divides by zero"),
        ("9 ** 9 ** 9 ** 9", "too large"),
        ("9 ** 4000000", "too large"),
        ("10 ** 250 * 10 ** 250", "too large"),
        ("1e200 * 1e200", "too large"),
        ("1e308 ** 2", "too large"),
        ("(-8) ** 0.5", "no real value"),
        ("(" * 99 + "1" + ")" * 99, ""),
        ("-" * 199 + "1", ""),
        ("1 + " * 1000 + "1", "4,001 characters"),
    ],
)
def test_what_has_no_value_ends_soon(expression: str, said: str) -> None:
    with rooms.quick(1):
        if said:
            with pytest.raises(CalculatorError, match=said):
                calculate(expression)
        else:
            assert abs(calculate(expression)) == 1
