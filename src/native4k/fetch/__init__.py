"""FETCH: from metadata to frozen bytes."""
