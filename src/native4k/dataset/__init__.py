"""DATASET: what we decide, from tables and people's votes alone."""
