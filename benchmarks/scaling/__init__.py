"""How updates scale with devices and processes."""
