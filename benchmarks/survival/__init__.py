"""What becomes of runs that are killed or damaged, and what checkpoints cost."""
