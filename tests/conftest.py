"""What all tests have in common."""

from hypothesis import settings

settings.register_profile("native4k", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("native4k")
