"""Checks of what a user configures, made before anything is compiled."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


def check_positive(config: Any, *fields: str) -> None:
    """Check that fields, or every entry of a tuple, are greater than zero (`ValueError`)."""
    for field, value in _numbers(config, fields):
        if not value > 0:
            raise ValueError(f"{field} must be greater than 0; got {getattr(config, field)}")


def check_not_negative(config: Any, *fields: str) -> None:
    """Check that fields are zero or greater (`ValueError`)."""
    for field, value in _numbers(config, fields):
        if not value >= 0:
            raise ValueError(f"{field} must not be negative; got {value}")


def check_fraction(config: Any, *fields: str) -> None:
    """Check that fields lie between 0 and 1 (`ValueError`)."""
    for field, value in _numbers(config, fields):
        if not 0 <= value <= 1:
            raise ValueError(f"{field} must lie between 0 and 1; got {value}")


def check_choice(config: Any, **choices: Collection[str]) -> None:
    """Check that fields are among their choices (`ValueError`)."""
    for field, known in choices.items():
        value = getattr(config, field)
        if value not in known:
            raise ValueError(f"{field} must be one of {', '.join(sorted(known))}; got '{value}'")


def _numbers(config: Any, fields: tuple[str, ...]) -> list[tuple[str, float]]:
    """The numbers that can be compared now; inside a transformation, some have no value yet."""
    values = [(field, getattr(config, field)) for field in fields]
    entries = [(field, v) for field, value in values for v in _entries(value)]
    return [(field, entry) for field, entry in entries if isinstance(entry, int | float)]


def _entries(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
