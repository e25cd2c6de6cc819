"""Distributions on the real line, one file each."""
