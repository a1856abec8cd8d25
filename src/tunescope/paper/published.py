"""The numbers that the paper published."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

KEY = ["table", "task", "stage", "tuned_on", "quantity"]
"""With the model, what a published number is of."""


def published() -> pd.DataFrame:
    """Read every number in the text of the paper.

    Returns
    -------
    DataFrame
        ``table, model, task, stage, tuned_on, quantity, value``; accuracies in
        per cent, distances Euclidean. What does not apply is an empty text.

    Examples
    --------
    >>> table = published()
    >>> float(table.query("table == 5 and tuned_on == 'pos'")["value"].iloc[-1])
    83.24
    """
    with (files(__package__) / "published.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, keep_default_na=False, dtype={"value": float})
    return table.rename(columns={"representation": "stage", "fine_tuned_on": "tuned_on"})


def nearest_model(name: str, layers: int, features: int, among: pd.DataFrame) -> str:
    """Find the model to set beside one: itself, or the published one of the nearest size.

    Parameters
    ----------
    name, layers, features : of our model.
    among : rows ``model, layers, features`` of the published models to choose from.

    Returns
    -------
    str
        The same name where it is among them; else the model whose number of layers, and then
        of dimensions, is nearest by ratio.

    Examples
    --------
    >>> models = pd.DataFrame({"model": ["small", "base"], "layers": [4, 12], "features": 512})
    >>> nearest_model("mine", 6, 384, models)
    'small'
    """
    if name in set(among["model"]):
        return name

    def away(row: tuple[int, int]) -> tuple[float, float]:
        return _ratio(row[0], layers), _ratio(row[1], features)

    sizes = list(zip(among["layers"], among["features"], strict=True))
    best = min(range(len(sizes)), key=lambda i: away(sizes[i]))
    return str(among["model"].iloc[best])


def _ratio(a: float, b: float) -> float:
    return max(a, b) / min(a, b)
