"""Distributions over categories, one file each."""
