"""HTML pages, plots and the numbers on them, for every package that shows something to a person."""
