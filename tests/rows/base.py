"""A row of the catalog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jaxdist as jd


@dataclass(frozen=True)
class Row:
    """A distribution, built when asked for, and what to compare it with.

    Attributes:
      name: how the row is called in the tests' output.
      make: builds the distribution.
      reference: a frozen `scipy.stats` distribution, or an object with some of its methods
        (`logpdf` or `logpmf`, `cdf`, `sf`, `logcdf`, `logsf`, `ppf`, `mean`, `var`, `entropy`) in
        float64. What it lacks is not compared.
      rtol: allowed error, in units of eps * max(|reference|, effect of rounding the inputs, 1).
      representative: whether every law is tested by default on the row, if it is the first of its
        class. A close relative of other rows, which shares what is generic with them, is not: only
        the essential laws (density, tails, moments) are, and the others are slow.
    """

    name: str
    make: Callable[[], jd.Distribution]
    reference: Any
    rtol: float = 4.0
    representative: bool = True

    def __str__(self) -> str:
        return self.name
