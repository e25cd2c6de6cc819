"""Numbers as text: in tables, in progress, and in the labels of figures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

SCALES = ("", "k", "M", "G", "T", "P")
"""Letters of the powers of a thousand."""

DIGITS = 4
"""Significant digits of the largest number of a column."""


def decimals(values: Any) -> int:
    """The number of decimals of a column, which shows `DIGITS` digits of its largest number.

    Args:
      values: numbers of any shape; those that are not finite do not count.
    """
    finite = np.asarray(values, np.float64)
    largest = np.max(np.abs(finite[np.isfinite(finite)]), initial=0.0)
    if not largest:
        return 1
    return max(0, DIGITS - 1 - math.floor(math.log10(largest)))


def number(value: float, places: int | None = None) -> str:
    """A number with so many decimals, those of its own scale if not given; a dash for NaN."""
    if np.isnan(value):
        return "-"
    return f"{value:,.{decimals(value) if places is None else places}f}"


def count(value: float) -> str:
    """A count with three digits and the letter of its scale: 2.03M for 2031616."""
    power = min(int(math.log10(max(value, 1)) // 3), len(SCALES) - 1)
    mantissa = value / 1000**power
    places = 2 - int(math.log10(max(mantissa, 1))) if power else 0
    return f"{mantissa:.{max(places, 0)}f}{SCALES[power]}"


def short(value: Any) -> str:
    """A value of a hyper-parameter in a label: 1e6 for 1000000, 3e-4 for 0.0003, 64 64 for a pair.

    Numbers from 0.01 to 9999 are written out.
    """
    if isinstance(value, tuple | list):
        return " ".join(map(short, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if value == 0 or 1e-2 <= abs(value) < 1e4:
        return f"{value:g}"
    mantissa, exponent = f"{value:.5e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def label(field: str) -> str:
    """The name of a field in words: learning rate for learning_rate."""
    return field.replace("_", " ")
