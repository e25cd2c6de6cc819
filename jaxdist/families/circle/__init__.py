"""Distributions on the circle, one file each."""
