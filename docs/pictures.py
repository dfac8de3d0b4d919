"""Write the pictures of the README from a built demo: `python docs/pictures.py`, after `make`; needs Chromium."""
# ruff: noqa: INP001, S603

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs/pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WINDOW = (980, 1160)
"""Pixels of a screenshot; wide enough for the report's own layout."""

WIDTH = 720
"""Pixels of a screenshot in the picture."""

HIDDEN = ("", "header, .heads, section:not(#rejected)")
"""What is left out of each of two screenshots, which stand beside each other."""

QUALITY = 82
"""WebP's; both pictures together stay under 300 KB."""


def screenshot(page: Path, out: Path) -> Image.Image:
    """Open a page in a browser and take its picture."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"docs/pictures.py needs one of these on the PATH: {', '.join(BROWSERS)}")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={out.parent}/profile",
    ]
    size = f"--window-size={WINDOW[0]},{WINDOW[1]}"
    command = [browser, *options, size, f"--screenshot={out}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with Image.open(out) as image:
        return image.convert("RGB")


def report(data: Path) -> Image.Image:
    """Show the beginning of the report beside its rejected images."""
    text = (data / "report/report.html").read_text(encoding="utf-8")
    height = round(WIDTH * WINDOW[1] / WINDOW[0])
    whole = Image.new("RGB", (WIDTH * len(HIDDEN), height))
    with tempfile.TemporaryDirectory() as folder:
        for place, hidden in enumerate(HIDDEN):
            page = Path(folder) / "report.html"
            style = f"<style>{hidden} {{ display: none !important }}</style>" if hidden else ""
            page.write_text(text.replace("</head>", f"{style}</head>", 1), encoding="utf-8")
            shot = screenshot(page, Path(folder) / "screenshot.png")
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
