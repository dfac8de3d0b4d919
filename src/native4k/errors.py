"""The one exception that a person is meant to read."""


class UserError(Exception):
    """A mistake or a missing thing outside the code: one line that names it and says what to do."""
