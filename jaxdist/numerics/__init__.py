"""Numerical methods that know nothing of distributions."""
