"""Take pictures of pages in a real browser, at three widths, light, dark and printed.

python docs/screens.py OUT [RUN...]        # of runs' reports, and of made-up ones
python docs/screens.py OUT --only fifty-labels      # of some of the made-up ones: two-models,
                                                    # fifty-labels, two-labels, contradictions
python docs/screens.py OUT RUN --only      # of runs' reports alone
python docs/screens.py OUT RUN --readme    # the two pictures of README.md, of one run
"""

from __future__ import annotations

import argparse
import base64
import io
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import pandas as pd  # noqa: E402
from browser import opened, prefer, show, size  # noqa: E402
from synthetic_runs import POS, Size, SyntheticRun, synthetic_run  # noqa: E402

from tunescope.reports import figures, write  # noqa: E402

WIDTHS = (390, 1000, 1600)
SCHEMES = ("light", "dark")
CASES = ("two-models", "fifty-labels", "two-labels", "contradictions")
TWENTY = tuple(range(0, 2000, 100))
"""Updates of the largest page."""


def made_up(case: str) -> SyntheticRun:
    """Make a run that looks like what people will have."""
    if case == "fifty-labels":
        labels = [f"label {number:02d}" for number in range(50)]
        large = Size(updates=TWENTY, layers=tuple(range(13)), examples=2000)
        return synthetic_run({"fifty": labels}, ("large",), size=large)
    if case == "two-labels":
        return synthetic_run({"sentiment": ["negative", "positive"]}, ("minilm",))
    whole = synthetic_run({"pos": POS}, ("minilm",))
    if case == "contradictions":
        torn = dict(whole.tables)
        torn["linearity"] = torn["linearity"].assign(n_contradictions=4, is_linear=False)
        torn["cluster_members"] = contradicting()
        return SyntheticRun(torn, whole.record)
    compared = {
        name: table[table["update"].isin([0, 530]) & (table["stage"] != "random")].assign(
            tuned_on=""
        )
        if "update" in table
        else table
        for name, table in whole.tables.items()
        if name not in ("training", "evaluations")
    }
    said = {"said": "It is not known whether tuned was trained on these texts."}
    return SyntheticRun(compared, {"study": {"models": ["base", "tuned"]}, "trained_on": said})


def contradicting() -> pd.DataFrame:
    """Make up two pairs of examples that are the same but for their labels."""
    texts = ("that [like] of yours", "I [like] that", "the [most] of it", "[most] of all")
    rows = [
        {
            **{"model": "minilm", "task": "pos", "tuned_on": "pos", "seed": 0, "stage": "tuned"},
            **{"update": 530, "layer": 6, "split": "train", "cluster": 17 + i, "cluster_size": 1},
            **{"label": label, "kind": "contradiction", "collides_with": other, "text": text},
            **{"place": f"en_pud-ud-test.conllu:{40 + i}", "collides_text": texts[i ^ 1]},
            "collides_place": f"en_pud-ud-test.conllu:{40 + (i ^ 1)}",
        }
        for i, (label, other, text) in enumerate(
            zip(("NOUN", "VERB", "ADJ", "ADV"), ("VERB", "NOUN", "ADV", "ADJ"), texts, strict=True)
        )
    ]
    return pd.DataFrame(rows)


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

    for scheme, name in (("light", "page.png"), ("dark", "page-dark.png")):
        prefer(driver, scheme)
        size(driver, 1400, 900)
        show(driver, page)
        found = driver.execute_cdp_cmd("Page.captureScreenshot", {})
        image = Image.open(io.BytesIO(base64.b64decode(found["data"]))).convert("RGB")
        image.quantize(200).save(ROOT / "docs" / name, optimize=True)


def main() -> None:
    """Take all of them, or those that are asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("out", type=Path, help="folder of the pictures")
    parser.add_argument("runs", type=Path, nargs="*", help="folders of runs")
    parser.add_argument("--only", nargs="*", choices=CASES, default=CASES, help="made-up runs")
    parser.add_argument("--readme", action="store_true", help="the pictures of README.md")
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    with opened(out) as driver:
        if options.readme:
            readme(driver, options.runs[0] / "report.html")
            return
        for run in options.runs:
            pictures(driver, run / "report.html", out / run.name)
        figures.save = lambda *_all, **_more: []  # type: ignore[assignment]
        for name in options.only:
            made = made_up(name)
            page = write(out / name, tables=made.tables, record=made.record)
            pictures(driver, page, out / name)


if __name__ == "__main__":
    main()
