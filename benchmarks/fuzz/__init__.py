"""Calls of the library with wrong arguments."""
