"""Labels that are attacks stay labels in a real browser: nothing runs, nothing is loaded."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np

from robustness.calls import call

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
RAN = "tunescope-ran"
"""Id of the element that an attack makes if it runs."""
DO = f"document.body.appendChild(document.createElement('p')).id='{RAN}'"
SHELLS = (
    "<script>{do}</script>",
    "</script><script>{do}</script>",
    "<img src=x onerror={do}>",
    '"><svg onload="{do}">',
    "'-({do})-'",
    '");{do}//',
    "`;{do};`",
    "${{{do}}}",
    "{{{{ {do} }}}}",
    "{{% {do} %}}",
    "]]><script>{do}</script>",
    "<!--<script>{do}</script>-->",
    "--><script>{do}</script>",
    "javascript:{do}",
    "<a href='javascript:{do}'>x</a>",
    "<iframe srcdoc='<script>parent.{do}</script>'>",
    "<body onload={do}>",
    "<details open ontoggle={do}>x</details>",
    "<style>@import 'javascript:{do}'</style>",
    "<math><mtext></p><script>{do}</script>",
    "</title><script>{do}</script>",
    "</textarea><script>{do}</script>",
    "</style><script>{do}</script>",
    "<input autofocus onfocus={do}>",
    "datum['constructor']['constructor'](`{do}`)()",
    "constructor.constructor('{do}')()",
    "__proto__",
    '=HYPERLINK("javascript:{do}")',
    "\\u003cscript\\u003e{do}\\u003c/script\\u003e",
    "&lt;script&gt;{do}&lt;/script&gt;",
)
AROUND = ("{0}", "x{0}", "{0}\u202e", "\x1b[31m{0}", "{0}\u2028y", "[{0}](x)", " {0}", "a.b[{0}]")


def strings(n: int, seed: int) -> list[str]:
    """Draw different attack strings."""
    random = np.random.default_rng(seed)
    found: dict[str, None] = {}
    while len(found) < n:
        shell = SHELLS[len(found) % len(SHELLS)].format(do=DO)
        around = AROUND[int(random.integers(len(AROUND)))].format(shell)
        found[f"{around}{'' if around not in found else len(found)}"] = None
    return list(found)


def browser() -> str | None:
    """Find one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def try_attacks(folder: Path, n_strings: int, seed: int, *, at_once: int = 25) -> list[str]:
    """Probe vectors whose labels are attacks, and open the report."""
    random = np.random.default_rng(seed)
    wrong = []
    every = strings(n_strings, seed)
    for start in range(0, n_strings, at_once):
        labels = every[start : start + at_once]
        place = folder / f"attack-{start}"
        place.mkdir(parents=True)
        with (place / "v.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["a", "b", "c", "label"])
            for number, label in enumerate(labels):
                for _ in range(3):
                    near = random.normal(size=3) + 20 * np.array([number % 5, number // 5 % 5, 0])
                    rows.writerow([*near.round(3), label])
        ended = call(("probe", "v.csv", "--out", "out"), place)
        if ended.code:
            wrong.append(str(ended))
            continue
        if escape := re.search("[\x00-\x08\x0b-\x1f\x7f]", ended.out + ended.err):
            wrong.append(f"the terminal got {escape[0]!r} from a label")
        dom = opened(place / "out" / "report.html", place / "profile")
        if f'id="{RAN}"' in dom:
            wrong.append(f"something ran among {labels}")
        if not dom.rstrip().endswith("</html>") or "<svg" not in dom:
            wrong.append(f"the page was not drawn with {labels}")
    return wrong


def opened(page: Path, profile: Path) -> str:
    """Give the page's elements after its scripts ran."""
    options = "headless no-sandbox disable-gpu disable-background-networking disable-sync"
    options += " disable-component-update no-first-run dump-dom virtual-time-budget=20000"
    return subprocess.run(
        [
            str(browser()),
            *(f"--{option}" for option in options.split()),
            f"--user-data-dir={profile}",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    ).stdout
