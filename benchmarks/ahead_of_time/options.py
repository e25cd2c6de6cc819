"""What the command line chooses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What the command line chooses.

    Attributes:
      devices: the devices to compile for, keys of `benchmarks.compilers.PACKAGES`.
      only: pattern to search for in the names of the rows.
      purejaxrl: PureJaxRL's checkout, if there is one to compare with.
    """

    devices: tuple[str, ...]
    only: re.Pattern[str]
    purejaxrl: Path | None
