"""Shares and amounts as the report writes them: three digits, a dash for what is not known, intervals of a sample."""

from collections.abc import Callable

from native4k.analyze.estimates import Estimate


def percent(figure: Estimate | None) -> str:
    """A share in percent, with its interval."""
    if figure is None:
        return "-"
    digits = 1 if figure.value >= 0.1 else 2  # noqa: PLR2004
    return _with_interval(figure, lambda value: _percent(value, digits), " %")


def _percent(share: float, digits: int) -> str:
    shown = f"{100 * share:.{digits}f}"
    if share in {0, 1}:
        return f"{100 * share:.0f}"
    return (
        f"under {10**-digits:g}" if not float(shown) else f"over {100 - 10**-digits:g}" if shown == "100.0" else shown
    )


def format_amount(figure: Estimate | float | None) -> str:
    """A number with its interval."""
    if figure is None:
        return "-"
    return _with_interval(figure if isinstance(figure, Estimate) else Estimate(figure), format_number)


def format_number(value: float) -> str:
    """A number with three digits, or as a whole number with thousands separators."""
    if abs(value) >= 100 or value == int(value):  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-3 else "under 0.001"  # noqa: PLR2004


def _with_interval(figure: Estimate, shown: Callable[[float], str], unit: str = "") -> str:
    interval = "" if figure.interval is None else f" ({' to '.join(map(shown, figure.interval))})"
    return f"{shown(figure.value)}{unit}{interval}"
