"""OSEDiff (Wu et al. 2024, arXiv 2406.08177): one step of Stable Diffusion, taught by low-rank weights."""
