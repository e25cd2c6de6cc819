"""Spelling of options: dashes for underscores."""

from __future__ import annotations

import re
from collections.abc import Sequence


def with_dashes(argv: Sequence[str]) -> list[str]:
    """Arguments in which options are written with dashes: `--num_envs=8` is `--num-envs=8`."""
    return [re.sub(r"^--[^=]*", lambda name: name[0].replace("_", "-"), text) for text in argv]
