"""What `make` calls: all numbers are checked, then what is missing or stale is made, and shown as one line a step."""
