"""Write the pictures of the README from a built demo: `python docs/pictures.py`, after `make`; needs Chromium."""
# ruff: noqa: INP001

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs/pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WINDOW = (980, 1160)
"""Pixels of a screenshot; wide enough for the report's own layout."""

WIDTH = 720
"""Pixels of a screenshot in the picture."""

HIDDEN = ("", "header, main > p, .heads, section:not(#rejected)")
"""What is left out of each of two screenshots, which stand beside each other."""

QUALITY = 82
"""WebP's; both pictures together stay under 300 KB."""


def screenshots(page: Path) -> list[Image.Image]:
    """Open a page in a browser and take a picture of each of its sides."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"docs/pictures.py needs one of these on the PATH: {', '.join(BROWSERS)}")
    with sync_playwright() as driver:
        shown = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        tab = shown.new_page(viewport={"width": WINDOW[0], "height": WINDOW[1]})
        tab.goto(page.resolve().as_uri())
        pictures = []
        for hidden in HIDDEN:
            if hidden:
                tab.add_style_tag(content=f"{hidden} {{ display: none !important }}")
            with Image.open(io.BytesIO(tab.screenshot())) as image:
                pictures.append(image.convert("RGB"))
        shown.close()
    return pictures


def report(data: Path) -> Image.Image:
    """Show the beginning of the report beside its rejected images."""
    height = round(WIDTH * WINDOW[1] / WINDOW[0])
    whole = Image.new("RGB", (WIDTH * len(HIDDEN), height))
    for place, shot in enumerate(screenshots(data / "report/report.html")):
        whole.paste(shot.resize((WIDTH, height), Image.Resampling.LANCZOS), (place * WIDTH, 0))
    return whole


def crops(data: Path) -> Image.Image:
    """Stack the comparison pictures of the trained baseline: bicubic, the network, the original."""
    files = sorted((data / "evaluations/swinir_tiny_x4").glob("worst-*.webp"))
    strips = [Image.open(file).convert("RGB") for file in files]
    whole = Image.new("RGB", (strips[0].width, sum(strip.height for strip in strips)))
    for place, strip in enumerate(strips):
        whole.paste(strip, (0, place * strip.height))
    return whole


def main(data: Path) -> None:
    """Write both pictures."""
    PICTURES.mkdir(exist_ok=True)
    report(data).save(PICTURES / "report.webp", quality=QUALITY, method=6)
    crops(data).save(PICTURES / "crops.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "data")
