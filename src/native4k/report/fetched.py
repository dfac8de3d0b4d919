"""The section on fetching: candidates by status and by host."""

import pandas as pd
from markupsafe import Markup

from native4k.fetch.statuses import STATUSES
from native4k.page import layout
from native4k.page.metrics_files import percent

HOSTS = 20
"""Hosts that are shown, those with the most images first."""


def section(counts: pd.DataFrame) -> Markup:
    """A table by status, and a table by host for images from the web."""
    parts = [layout.table(["status", "images", "MB", "retry", "meaning"], status_rows(counts))]
    web = counts[counts["host"] != ""]
    if len(web):
        shown = f"the {HOSTS} with the most images of {web['host'].nunique():,}"
        head = ["host", "images", "held", "share", "most frequent reason"]
        parts += [layout.heading("By host", shown), layout.table(head, host_rows(web))]
    return layout.join(parts)


def status_rows(counts: pd.DataFrame) -> list[list[object]]:
    """A row for each status, the most frequent first."""
    sums = counts.groupby("status")[["images", "bytes"]].sum()
    rows = [
        [status, int(images), f"{size / 1e6:,.1f}", *_kind_and_meaning(status)]
        for status, images, size in zip(map(str, sums.index), sums["images"], sums["bytes"], strict=True)
    ]
    return sorted(rows, key=lambda row: (-int(str(row[1])), str(row[0])))


def _kind_and_meaning(status: str) -> tuple[str, str]:
    known = STATUSES.get(status)
    return (known.kind.value, known.meaning) if known else ("", "")


def host_rows(web: pd.DataFrame) -> list[list[object]]:
    """A row for each host, the one with the most images first."""
    rows = []
    for host, own in web.groupby("host"):
        by_status = own.groupby("status")["images"].sum()
        lost = by_status.drop("ok", errors="ignore").sort_index()
        held, total = int(by_status.get("ok", 0)), int(by_status.sum())
        rows.append([str(host), total, held, percent(held / total), str(lost.idxmax()) if len(lost) else ""])
    return sorted(rows, key=lambda row: (-int(str(row[1])), str(row[0])))[:HOSTS]
