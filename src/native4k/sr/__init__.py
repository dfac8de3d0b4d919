"""Super-resolution: baselines that make small pictures large, and how well they do it."""
