"""Distributions on the positive numbers."""
