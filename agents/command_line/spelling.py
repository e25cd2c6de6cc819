"""Spelling of options and commands: dashes for underscores, and suggestions for typos."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence


def with_dashes(argv: Sequence[str]) -> list[str]:
    """Arguments in which options are written with dashes: `--num_envs=8` is `--num-envs=8`."""
    return [re.sub(r"^--[^=]*", lambda name: name[0].replace("_", "-"), text) for text in argv]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean NAME?` with the most similar known name; empty if none is similar."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
