"""Shared by algorithms that learn from a replay buffer: config, state, collection, updates."""
