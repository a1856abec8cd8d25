"""The page as PDF, printed by a browser without a window."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tunescope.errors import InputError, TunescopeError
from tunescope.storage import replacing

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
SECONDS = 180
"""After which a browser is stopped."""


def print_page(page: Path, out: Path) -> Path:
    """Print a page with a browser of the Chromium family.

    Raises
    ------
    InputError : if there is none.
    TunescopeError : if it does not print, or not within `SECONDS`.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise InputError(
            f"printing needs one of {', '.join(BROWSERS)}, and none is in PATH; open {page} in any "
            "browser and print it there"
        )
    with tempfile.TemporaryDirectory() as profile, replacing(out) as part:
        command = [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"),
            *("--virtual-time-budget=60000", f"--user-data-dir={profile}"),
            *(f"--print-to-pdf={part}", page.resolve().as_uri()),
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise TunescopeError(
                f"{browser} did not print {page} within {SECONDS} seconds; open it in any browser "
                "and print it there"
            ) from None
        except OSError as error:
            raise TunescopeError(f"{browser} did not print {page}: {error}") from None
        if not part.exists():
            raise TunescopeError(f"{browser} did not print {page}: {done.stderr[-300:].strip()}")
    return out
