"""Say of any pictures whether they are really 4K: no project is needed, the numbers come with the package."""
