"""Distributions of vectors."""

from tests.rows.base import Row

ROWS: list[Row] = []

BAD: list[tuple] = []
