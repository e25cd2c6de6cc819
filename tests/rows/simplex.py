"""Distributions on the simplex."""

from tests.rows.base import Row

ROWS: list[Row] = []

BAD: list[tuple] = []
