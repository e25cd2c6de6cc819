"""Distributions of sequences, each step of which depends on those before it."""
