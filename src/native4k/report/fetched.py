"""What became of the candidates when they were asked for, by status and by host."""

import pandas as pd

from native4k.fetch.statuses import STATUSES
from native4k.report import page

HOSTS = 20
"""Hosts that are shown, those with the most images first."""


def fetched(counts: pd.DataFrame) -> str:
    """Two tables; the second one only for images of the web."""
    parts = [page.table(["status", "images", "MB", "asked again", "meaning"], statuses(counts))]
    web = counts[counts["host"] != ""]
    if len(web):
        shown = f"the {HOSTS} with the most images of {web['host'].nunique():,}"
        head = ["host", "images", "held", "share", "most frequent reason"]
        parts += [page.heading("By host", shown), page.table(head, hosts(web))]
    return "\n".join(parts)


def statuses(counts: pd.DataFrame) -> list[list[object]]:
    """A row a status, the most frequent first."""
    sums = counts.groupby("status")[["images", "bytes"]].sum()
    rows = [
        [status, int(images), f"{size / 1e6:,.1f}", *_told(status)]
        for status, images, size in zip(map(str, sums.index), sums["images"], sums["bytes"], strict=True)
    ]
    return sorted(rows, key=lambda row: (-int(str(row[1])), str(row[0])))


def _told(status: str) -> tuple[str, str]:
    known = STATUSES.get(status)
    return (known.kind.value, known.meaning) if known else ("", "")


def hosts(web: pd.DataFrame) -> list[list[object]]:
    """A row a host, the most asked first."""
    rows = []
    for host, own in web.groupby("host"):
        by_status = own.groupby("status")["images"].sum()
        lost = by_status.drop("ok", errors="ignore").sort_index()
        held, total = int(by_status.get("ok", 0)), int(by_status.sum())
        rows.append([str(host), total, held, f"{100 * held / total:.1f} %", str(lost.idxmax()) if len(lost) else ""])
    return sorted(rows, key=lambda row: (-int(str(row[1])), str(row[0])))[:HOSTS]
