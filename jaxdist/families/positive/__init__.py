"""Distributions on the positive numbers, one file each."""
