"""Environments, rollouts, returns, replay and normalization."""
