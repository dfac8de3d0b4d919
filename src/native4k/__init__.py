"""native4k: images that are really 4K, and the benchmark numbers that follow from them."""
