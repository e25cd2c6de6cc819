"""The distributions, each in the room of its support."""
