"""How baselines learn: one loop, and recipes that say what is minimised."""
