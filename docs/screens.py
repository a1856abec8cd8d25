"""Take pictures of pages in a real browser, at three widths, light, dark and printed.

python docs/screens.py OUT RUN...   # of runs' reports, and of made-up ones: 50 labels and 13
                                    # layers, 2 labels, two models compared, contradictions
python docs/screens.py OUT RUN --readme   # the two pictures of README.md, of one run
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from browser import opened, prefer, show, size  # noqa: E402
from synthetic_runs import POS, Size, SyntheticRun, synthetic_run  # noqa: E402

from tunescope.reports import figures, write  # noqa: E402

WIDTHS = (390, 1000, 1600)
SCHEMES = ("light", "dark")


def made_up() -> dict[str, SyntheticRun]:
    """Runs that look like what people will have."""
    whole = synthetic_run({"pos": POS}, ("minilm",))
    compared = {
        name: table[table["update"].isin([0, 530]) & (table["stage"] != "random")].assign(
            tuned_on=""
        )
        if "update" in table
        else table
        for name, table in whole.tables.items()
        if name not in ("training", "evaluations")
    }
    torn = dict(whole.tables)
    torn["linearity"] = torn["linearity"].assign(n_contradictions=4, is_linear=False)
    labels = [f"label {number:02d}" for number in range(50)]
    large = Size(layers=tuple(range(13)), examples=2000)
    return {
        "two-models": SyntheticRun(compared, {"study": {"models": ["base", "tuned"]}}),
        "fifty-labels": synthetic_run({"fifty": labels}, ("large",), size=large),
        "two-labels": synthetic_run({"sentiment": ["negative", "positive"]}, ("minilm",)),
        "contradictions": SyntheticRun(torn, whole.record),
    }


def picture(driver: Any, path: Path, *, whole: bool) -> None:
    """Save what is seen of a page, or all of it."""
    found = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": whole})
    path.write_bytes(base64.b64decode(found["data"]))


def pictures(driver: Any, page: Path, stem: Path) -> None:
    """Take the first screen and the whole page, at every width, light and dark, and print it."""
    for scheme in SCHEMES:
        prefer(driver, scheme)
        for width in WIDTHS:
            size(driver, width, 1000)
            show(driver, page)
            picture(driver, stem.with_name(f"{stem.name}-{width}-{scheme}.png"), whole=False)
            if scheme == "light":
                tall = driver.execute_script("return document.documentElement.scrollHeight")
                size(driver, width, int(tall))
                picture(driver, stem.with_name(f"{stem.name}-{width}-whole.png"), whole=True)
    prefer(driver, "light")
    size(driver, 1000)
    show(driver, page)
    printed = driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    stem.with_suffix(".pdf").write_bytes(base64.b64decode(printed["data"]))


def readme(driver: Any, page: Path) -> None:
    """Take README's pictures, small."""
    from PIL import Image

    for scheme, height in (("light", 900), ("dark", 900)):
        prefer(driver, scheme)
        size(driver, 1400, height)
        show(driver, page)
        found = driver.execute_cdp_cmd("Page.captureScreenshot", {})
        image = Image.open(io.BytesIO(base64.b64decode(found["data"]))).convert("RGB")
        image.quantize(96).save(ROOT / "docs" / f"page-{scheme}.png", optimize=True)


def main() -> None:
    """Take all of them."""
    out, *rest = (Path(argument) for argument in sys.argv[1:] if not argument.startswith("--"))
    out.mkdir(parents=True, exist_ok=True)
    with opened(out) as driver:
        if "--readme" in sys.argv:
            readme(driver, rest[0] / "report.html")
            return
        for run in rest:
            pictures(driver, run / "report.html", out / run.name)
        figures.save = lambda *_all, **_more: []  # type: ignore[assignment]
        for name, made in made_up().items():
            page = write(out / name, tables=made.tables, record=made.record)
            pictures(driver, page, out / name)


if __name__ == "__main__":
    main()
