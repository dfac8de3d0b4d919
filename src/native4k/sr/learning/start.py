"""Starting weights: from a published file, or from a finished baseline."""

from native4k.params import params


@params
class Params:
    """A file of weights, and the key in it that they are under, if any; or the folder of a finished baseline."""

    file: str | None = None
    key: str | None = None
    baseline: str | None = None
