"""Distributions on the simplex, one file each."""
