"""Open the built site in a real browser and say what its pages weigh, how fast, how readable.

python docs/site_figures.py SITE [OUT]     # with a folder: a picture of each page, too

A row a page, width and scheme: requests, kilobytes, milliseconds until something is painted and
until all is loaded (served from this machine), pixels by which the page is wider than the screen,
addresses outside the site that were asked for, and, where the package axe-core is installed
(`.ci/tools`), elements that it finds hard to read or to use.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import gzip
import http
import http.server
import itertools
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from browser import AXE, opened, prefer, serious, size  # noqa: E402

PAGES = (
    "",
    "tutorials/first-study/",
    "tutorials/own-checkpoint/",
    "how-to/formats/",
    "reference/commands/",
    "reference/api/geometry/",
    "reference/tables/",
    "explanation/misleading/",
    "findings/",
)
WIDTHS = (390, 1200)
COMPRESSED = {".html", ".css", ".js", ".json", ".svg"}
"""Kinds of files that travel compressed."""
MEASURED = ("requests", "KB", "painted, ms", "loaded, ms", "wider by", "outside", "hard to use")
HEAD = ("page", "width", "scheme", *MEASURED)
LOADED = """
const entries = performance.getEntriesByType("resource");
const page = performance.getEntriesByType("navigation")[0];
const all = [page, ...entries];
return {
  requests: all.length,
  kilobytes: all.reduce((sum, one) => sum + (one.encodedBodySize || 0), 0) / 1000,
  painted: (performance.getEntriesByName("first-contentful-paint")[0] || {}).startTime || null,
  loaded: page.loadEventEnd,
  wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  outside: entries.map(one => one.name).filter(name => !name.startsWith(location.origin)),
};
"""


@contextlib.contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a folder on this machine, compressed as hosts of pages do it; give its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            path = Path(self.translate_path(self.path))
            path = path / "index.html" if path.is_dir() else path
            if path.suffix not in COMPRESSED or not path.is_file():
                super().do_GET()
                return
            content = gzip.compress(path.read_bytes())
            self.send_response(http.HTTPStatus.OK)
            self.send_header("Content-Type", self.guess_type(path))
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def figures(driver: Any, address: str, width: int, scheme: str = "light") -> dict[str, Any]:
    """Open a page and measure it.

    Returns
    -------
    dict
        ``requests, kilobytes, painted, loaded, wider, outside, hard``, the last None without
        axe.
    """
    from selenium.webdriver.support.ui import WebDriverWait

    prefer(driver, scheme)
    size(driver, width)
    driver.get("about:blank")
    driver.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
    origin = {"origin": address, "storageTypes": "all"}  # the theme remembers light or dark
    driver.execute_cdp_cmd("Storage.clearDataForOrigin", origin)
    driver.get(address)
    WebDriverWait(driver, 30).until(
        lambda d: d.execute_script("return performance.timing.loadEventEnd > 0")
    )
    found: dict[str, Any] = driver.execute_script(LOADED)
    found["hard"] = serious(driver) if AXE.exists() else None
    return found


def picture(driver: Any, path: Path) -> None:
    """Save what is seen."""
    found = driver.execute_cdp_cmd("Page.captureScreenshot", {})
    path.write_bytes(base64.b64decode(found["data"]))


def main() -> None:
    """Print the rows."""
    site, *out = map(Path, sys.argv[1:])
    print(f"| {' | '.join(HEAD)} |")
    print("|---" * len(HEAD) + "|")
    with (
        tempfile.TemporaryDirectory() as folder,
        served(site) as address,
        opened(Path(folder)) as driver,
    ):
        for page, width, scheme in itertools.product(PAGES, WIDTHS, ("light", "dark")):
            row = figures(driver, address + page, width, scheme)
            print(_row(page or "start", width, scheme, row))
            if out:
                out[0].mkdir(parents=True, exist_ok=True)
                name = page.strip("/").replace("/", "-") or "start"
                picture(driver, out[0] / f"{name}-{width}-{scheme}.png")


def _row(page: str, width: int, scheme: str, found: dict[str, Any]) -> str:
    hard = "not asked" if found["hard"] is None else sum(len(at) for _, at in found["hard"])
    painted = "not told" if found["painted"] is None else round(found["painted"])
    numbers = (found["requests"], round(found["kilobytes"]), painted, round(found["loaded"]))
    cells = (page, width, scheme, *numbers, f"{found['wider']} px", len(found["outside"]), hard)
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    main()
