"""A real browser, where there is one: Chromium, told to stay off the network."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --enable-logging=stderr --dump-dom"
)


class Shown(NamedTuple):
    """What a browser made of a page."""

    content: str
    complaints: list[str]


def show(page: Path, profile: Path) -> Shown:
    """Open a page in a browser with a fresh profile."""
    done = subprocess.run(
        [str(CHROMIUM), *QUIET.split(), f"--user-data-dir={profile}", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return Shown(done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line])
