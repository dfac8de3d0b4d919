"""The dataset version that others use, and the proof of what is in it."""
