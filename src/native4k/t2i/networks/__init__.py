"""The networks that text-to-image baselines train: one file each, plain modules."""
