"""A real browser without a window, for tests of pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
"""Where `npm install axe-core` puts it."""


@contextmanager
def opened(folder: Path, width: int = 1400, height: int = 1000) -> Iterator[Any]:
    """Start a browser whose downloads go to a folder; its console is kept."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for option in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "disable-background-networking",
        "hide-scrollbars",
        f"window-size={width},{height}",
    ):
        options.add_argument(f"--{option}")
    options.add_experimental_option("prefs", {"download.default_directory": str(folder)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    driver.set_script_timeout(60)
    try:
        yield driver
    finally:
        driver.quit()


def show(driver: Any, page: Path, anchor: str = "") -> None:
    """Open a page and wait until the shown panel is drawn."""
    from selenium.webdriver.support.ui import WebDriverWait

    driver.get("about:blank")
    driver.get(page.as_uri() + anchor)
    WebDriverWait(driver, 90).until(
        lambda d: d.execute_script(
            "return document.querySelector('.panel:not([hidden])[data-ready=yes]') !== null"
        )
    )


def size(driver: Any, width: int, height: int = 1000) -> None:
    """Set the size of what is seen of the page, narrower than a window can be, too."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def prefer(driver: Any, scheme: str, *, media: str = "") -> None:
    """Set what the system prefers, `light` or `dark`, and the medium: screen or print."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def serious(driver: Any) -> list[tuple[str, list[str]]]:
    """Name what axe-core finds serious or critical on the page that is shown, and where."""
    driver.execute_script(AXE.read_text(encoding="utf-8"))
    found = driver.execute_async_script("axe.run().then((r) => arguments[0](r.violations))")
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
