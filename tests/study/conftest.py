"""Splits, params files and a made dataset, as the tests of super-resolution and of the report have them."""

from tests.report.conftest import _built, root
from tests.sr.conftest import _one_thread, complaint, numbers, split

__all__ = ["_built", "_one_thread", "complaint", "numbers", "root", "split"]
