"""Numbers on the command line: each parser returns one, or says what it must be."""

from __future__ import annotations

import argparse
import math
from decimal import Decimal, InvalidOperation

LONGEST_INTEGER = 30
"""Number of digits of the longest integer that is read."""


def integer(text: str) -> int:
    """Parse an integer, also one such as 1e6."""
    try:
        exact = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"must be an integer; got '{text}'") from None
    if not exact.is_finite() or exact.adjusted() >= LONGEST_INTEGER:
        raise argparse.ArgumentTypeError(f"is too large; got {text[:LONGEST_INTEGER]} ...")
    if exact != exact.to_integral_value():
        raise argparse.ArgumentTypeError(f"must be an integer; got {text}")
    return int(exact)


def integer_in_list(text: str) -> int:
    """Parse one of several integers, which spaces separate."""
    if "," in text:
        raise argparse.ArgumentTypeError(f"must be integers, separated by spaces; got '{text}'")
    return integer(text)


def natural_number(text: str) -> int:
    """Parse an integer of at least 0."""
    value = integer(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"must be at least 0; got {text}")
    return value


def positive_integer(text: str) -> int:
    """Parse an integer of at least 1."""
    value = integer(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1; got {text}")
    return value


def number(text: str) -> float:
    """Parse a number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number; got '{text}'") from None


def positive_number(text: str) -> float:
    """Parse a finite number greater than 0."""
    value = number(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a finite number greater than 0; got {text}")
    return value


def nonnegative_number(text: str) -> float:
    """Parse a finite number of at least 0."""
    value = number(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a finite number of at least 0; got {text}")
    return value
