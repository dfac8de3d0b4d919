"""The search for near duplicates: `groups.leaders` groups them, `exhaustive_search.nearest` finds the nearest pairs."""
