"""Run the notebooks in empty folders and keep what they show.

python examples/run.py              # all of them
python examples/run.py NAME.ipynb ...
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def executed(notebook: Path, folder: Path) -> Any:
    """Run a notebook in a folder; give it with its outputs.

    Raises
    ------
    CellExecutionError : a cell raised; its text and traceback.
    """
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.read(notebook, as_version=4)
    client = NotebookClient(book, timeout=600, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**os.environ, "PYTHONWARNINGS": "ignore"})
    for cell in book.cells:
        cell.metadata.pop("execution", None)  # when it ran is of no interest
        if cell.cell_type == "code":
            kept = [one for one in cell.outputs if one.get("name") != "stderr"]
            cell.outputs = [_small(one) for one in kept]
    return book


def _small(output: Any) -> Any:
    """Of a figure keep the picture, not its data; of a table the HTML and the text."""
    data = output.get("data", {})
    for kind in [kind for kind in data if "vega" in kind]:
        del data[kind]
    output.get("metadata", {}).clear()
    return output


def main() -> None:
    """Run what is named, or all."""
    import nbformat

    for notebook in map(Path, sys.argv[1:]) if sys.argv[1:] else sorted(HERE.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as folder:
            book = executed(notebook, Path(folder))
        nbformat.write(book, notebook)


if __name__ == "__main__":
    main()
