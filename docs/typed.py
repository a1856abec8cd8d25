"""Type what pages say, in an empty folder, and put what was printed under it.

    python docs/typed.py                     # every page of docs/tutorials/
    python docs/typed.py PAGE.md ...
    python -P docs/typed.py --check [PAGE.md ...]    # write nothing; fail where a page says other

With `--check` the interpreter is that of an environment in which the package is installed, not
this checkout; numbers may differ from the page's.

A page's blocks are done in order, all in one folder: a block with a title is saved under it,
`bash` is typed, `python` is run, all in one interpreter. A `text` block behind one holds what it
printed. The comment `picture: FILE` before a picture copies it from the folder; `screen: FILE`
takes it of a page in a browser. A block behind the comment `not run: REASON` is left alone.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TUTORIALS = Path(__file__).parent / "tutorials"
BLOCK = re.compile(
    r"(?P<note><!-- not run:[^\n]*-->\n)?"
    r"^```(?P<kind>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<body>.*?)^```$"
    r"(?P<output>\n\n```text\n(?P<printed>.*?)^```$)?",
    re.S | re.M,
)
PICTURE = re.compile(
    r"<!-- (?P<how>picture|screen): (?P<source>\S+) -->\n!\[[^\]]*\]\((?P<shown>[^)]+)\)", re.M
)
NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?")
CONFUSED = re.compile(r"(?:^ +\S+ +\S+ +(?:probe|head) +(?:test|train) .*\n)+", re.M)
WIDTH = 100
"""Columns of the terminal."""


class Session:
    """An empty folder, a shell and an interpreter in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "__main__"}
        scripts = str(Path(sys.executable).parent)
        self.environment = {
            **os.environ,
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": str(WIDTH),
            "OMP_NUM_THREADS": "1",  # as many threads, the same rounding
            "NO_COLOR": "1",
        }

    def save(self, name: str, text: str) -> None:
        """Write a file, as the reader would."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def type(self, lines: str) -> str:
        """Type lines into a shell; the first that fails ends them.

        Raises
        ------
        RuntimeError : a line failed; with what was printed.
        """
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", lines],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(
                f"{lines}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def run(self, code: str, where: str) -> str:
        """Run Python; give what it printed."""
        printed = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
            exec(compile(code, where, "exec"), self.names)
        return printed.getvalue()


def typed(page: Path, folder: Path) -> str:
    """Type a page in an empty folder; give the page with what was printed.

    Raises
    ------
    Exception : whatever a block raises.
    """
    session = Session(folder)

    def do(block: re.Match[str]) -> str:
        kind, body = block["kind"], block["body"]
        if block["note"]:
            return block[0]
        if block["title"]:
            session.save(block["title"], body)
        if kind == "bash":
            printed = session.type(body)
        elif kind == "python":
            line = block.string[: block.start()].count("\n") + 1
            printed = session.run(body, f"{page.name}, line {line}")
        else:
            return block[0]
        if not block["output"]:
            return block[0]
        start, end = block.span("printed")
        whole = block[0]
        return whole[: start - block.start()] + tidy(printed) + whole[end - block.start() :]

    return BLOCK.sub(do, page.read_text(encoding="utf-8"))


def tidy(printed: str) -> str:
    """Take blanks off the ends of lines, and empty lines off the ends of all."""
    lines = [line.rstrip() for line in printed.splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def shape(page: str) -> str:
    """Leave out what another machine may print otherwise.

    That is numbers, blanks, rules of tables, and which labels are taken for which: where that
    happens once or twice, it hangs on the rounding of a fine-tuning.
    """
    return re.sub(r"[\s─]+", " ", NUMBER.sub("#", CONFUSED.sub("(labels)\n", page)))


def check(page: Path, folder: Path) -> str:
    """Type a page; give how what it printed differs from what the page says, or nothing.

    Raises
    ------
    Exception : whatever a block raises, or a picture's file is missing.
    """
    said, found = page.read_text(encoding="utf-8"), typed(page, folder)
    pictures(page, folder)
    if shape(said) == shape(found):
        return ""
    lines = difflib.unified_diff(said.splitlines(), found.splitlines(), "said", "printed", "", "")
    return "\n".join(lines)


def checkout() -> Path | None:
    """Give where the package is imported from, if that is this checkout."""
    found = importlib.util.find_spec("tunescope")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("tunescope is not installed")
    place = Path(found.origin).resolve()
    return place if place.is_relative_to(ROOT / "src") else None


def pictures(page: Path, folder: Path) -> dict[Path, Path]:
    """Map where a page shows pictures to what they are made of, in the folder."""
    found = PICTURE.finditer(page.read_text(encoding="utf-8"))
    return {
        (page.parent / one["shown"]).resolve(): next(folder.glob(one["source"])) for one in found
    }


def show(page: Path, folder: Path) -> None:
    """Make the page's pictures anew."""
    for shown, source in pictures(page, folder).items():
        shown.parent.mkdir(exist_ok=True)
        if source.suffix == ".html":
            screen(source, shown)
        else:
            shutil.copyfile(source, shown)


def screen(source: Path, shown: Path) -> None:
    """Take the first screen of a page, small."""
    import base64

    from PIL import Image

    sys.path.insert(0, str(ROOT / "tests" / "support"))
    import browser

    with browser.opened(source.parent) as driver:
        browser.size(driver, 1200, 900)
        browser.show(driver, source)
        found = driver.execute_cdp_cmd("Page.captureScreenshot", {})
    image = Image.open(io.BytesIO(base64.b64decode(found["data"]))).convert("RGB")
    image.quantize(96).save(shown, optimize=True)


def main() -> int:
    """Write the pages anew, or check them."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    asked.add_argument("pages", type=Path, nargs="*")
    asked.add_argument("--check", action="store_true", help="write nothing")
    given = asked.parse_args()
    if given.check and (place := checkout()):
        print(f"{place} is this checkout; --check asks what is installed", file=sys.stderr)
        return 2
    wrong = 0
    for page in given.pages or sorted(TUTORIALS.glob("*.md")):
        with tempfile.TemporaryDirectory() as folder:
            if given.check:
                difference = check(page, Path(folder))
                print(f"{page}: {difference or 'as it says'}", flush=True)
                wrong += bool(difference)
            else:
                page.write_text(typed(page, Path(folder)), encoding="utf-8")
                show(page, Path(folder))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
