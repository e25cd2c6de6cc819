"""Distributions on real vectors, one file each."""
