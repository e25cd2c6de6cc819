"""Distributions on the simplex."""
