"""A collection of one's own: a project of git and DVC beside the clone, made and kept up to date by one command."""
