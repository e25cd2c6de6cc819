"""Interaction with environments, and what is computed from it."""
