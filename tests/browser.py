"""A real browser, where there is one: Chromium by Playwright, which does not install it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHECKS = Path(__file__).with_name("accessibility.js").read_text(encoding="utf-8")
WIDTHS = (390, 768, 1280)

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")


@contextmanager
def opened(path: Path, width: int = 1280, *, script: bool = True) -> Iterator[tuple[Page, list[str]]]:
    """Open a page in a browser without a network; what its console says is gathered in the list."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        size = {"width": width, "height": 900}
        context = browser.new_context(viewport=size, offline=True, java_script_enabled=script)  # type: ignore[arg-type]
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        yield page, complaints
        browser.close()


def problems(path: Path) -> dict[str, list[str]]:
    """What the console says, and what is hard to see, to name or to reach, by width and colours, all details open."""
    found: dict[str, list[str]] = {}
    with opened(path) as (page, complaints):
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        for width in WIDTHS:
            for colours in ("light", "dark"):
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
                found[f"{width} {colours}"] = page.evaluate(CHECKS)
    return {place: lines for place, lines in (found | {"console": complaints}).items() if lines}
