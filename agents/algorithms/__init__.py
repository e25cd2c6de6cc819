"""The algorithms, one file each, their registry and their presets."""
