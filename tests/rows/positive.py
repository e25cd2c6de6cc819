"""Distributions on the positive numbers."""

from tests.rows.base import Row

ROWS: list[Row] = []

BAD: list[tuple] = []
