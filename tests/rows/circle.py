"""Distributions on the circle."""

from tests.rows.base import Row

ROWS: list[Row] = []

BAD: list[tuple] = []
