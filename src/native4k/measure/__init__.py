"""MEASURE: what we know of each image, one at a time, no threshold."""
