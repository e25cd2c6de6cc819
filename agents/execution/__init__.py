"""How programs run on devices: seeds over devices, microbatches, scans of small arrays."""
