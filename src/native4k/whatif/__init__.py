"""WHAT IF: the dataset's steps in memory, with other numbers; nothing is written."""
