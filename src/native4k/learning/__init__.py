"""Training: one loop for every task, which knows recipes and counts images seen."""
