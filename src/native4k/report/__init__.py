"""The page and the lines that a person reads."""
