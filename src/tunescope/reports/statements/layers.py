"""What is left of the arrangement, and whether training and test data are alike."""

from __future__ import annotations

import pandas as pd

from tunescope.reports import accuracy_change, numbers
from tunescope.reports.figures import similarity
from tunescope.reports.panels import Panel
from tunescope.tables import ORIGINAL, TUNED, similarity_changes
from tunescope.tables import train_test as tables_train_test
from tunescope.tables.similarities import BEYOND_SIZES
from tunescope.tables.stages import at, last_layer, was_tuned


def similarity_sentence(panel: Panel) -> str:
    """Say how like its original each layer is at the end."""
    table = similarity.last_values(panel)
    if table.empty:
        return ""
    of_layer = {int(str(layer)): rows for layer, rows in table.groupby("layer")}
    first, last = min(of_layer), max(of_layer)
    parts = [f"layer {layer}: {by_seed(of_layer[layer])}" for layer in sorted({first, last})[::-1]]
    pairs = numbers.counts(of_layer[last]["n_pairs"])
    over = f" over {pairs} label pair{'s' * (pairs != '1')}" if pairs != numbers.ABSENT else ""
    whom = "of the two models" if panel.compared else "with the original at the end"
    text = f"{similarity.beginning(table)} {whom}{over}. {'; '.join(parts).capitalize()}."
    text += _lowest(table, last)
    if unknown := similarity.unknown_in_words(panel):
        text += f" {unknown.capitalize()}."
    if numbers.known(of_layer[last]["beyond_sizes"].min()):
        text += (
            " Part of any similarity is owed to how many examples the labels have; without that "
            f"part, layer {last} has {by_seed(of_layer[last], 'beyond_sizes', bounds=False)}."
        )
    return text


def by_seed(rows: pd.DataFrame, column: str = "similarity", *, bounds: bool = True) -> str:
    """Write a similarity with its interval; where seeds have others, from the least to the most."""
    low, high = (numbers.similarity(rows[column].agg(end)) for end in ("min", "max"))
    if low != high:
        return f"{low} to {high} by seed"
    return numbers.similarity(*rows[[column, "lower", "upper"]].iloc[0]) if bounds else low


def _lowest(table: pd.DataFrame, last: int) -> str:
    """Say which layer is least like its original, where that is not the last with every seed."""
    rows = table.loc[table.groupby("seed")["similarity"].idxmin()]
    lowest = sorted(int(layer) for layer in rows["layer"].unique())
    if len(lowest) > 1:
        return f" Lowest is layer {' or '.join(map(str, lowest))}, not the same with every seed."
    if lowest == [last]:
        return ""
    return f" Lowest is layer {lowest[0]}: {by_seed(rows, bounds=False)}."


def train_test(panel: Panel) -> str:
    """Say whether training and test data still look alike, with every seed."""
    every = similarity.comparison(panel, "train_test")
    known = every.dropna(subset=["similarity"])
    if not was_tuned(known):
        return ""
    table = last_layer(every[every["measure"] == similarity.main_measure(known)])
    table = table.dropna(subset=["similarity"])
    old, new = at(table, ORIGINAL), at(table, TUNED)
    if old.empty or new.empty:
        return ""
    changed = similarity_changes(panel.tables)
    said = (
        f"In layer {int(table['layer'].iloc[0])} the similarity of training and test data "
        f"{_went(by_seed(old), by_seed(new))}: {_diverged(panel, changed, new['seed'].nunique())}."
    )
    if numbers.known(new["by_sizes"].min()):
        sizes = [by_seed(rows, "by_sizes", bounds=False) for rows in (old, new)]
        said += f" The sizes of the labels alone give {' and '.join(sizes)}"
        beyond = tables_train_test(panel.tables, BEYOND_SIZES)
        left = [at(beyond, stage) for stage in (ORIGINAL, TUNED)]
        if not any(rows.empty for rows in left):
            values = [by_seed(rows, bounds=False) for rows in left]
            said += f", and what is left without them {' and '.join(values)}"
        said += "."
    return said


def _went(old: str, new: str) -> str:
    """Say what became of a number."""
    if "seed" in old + new:
        return f"was {old} before and is {new} after"
    return f"went from {old} to {new}"


def _diverged(panel: Panel, changed: pd.DataFrame, n_seeds: int) -> str:
    """Say whether that changed with every seed, by paired tests over the labels."""
    tested = changed.dropna(subset=["p_corrected"])
    every = " with every seed" if n_seeds > 1 else ""
    if tested.empty:
        return "whether that is a change was not tested"
    p = accuracy_change.p_values(tested["p_corrected"])
    if tested["seed"].nunique() < n_seeds:
        return f"whether that is a change was not tested{every} ({p})"
    clear = tested["p_corrected"] < accuracy_change.LEVEL
    if (clear & (tested["shift"] > 0)).all():
        return f"they are more alike after{every} ({p})"
    if (clear & (tested["shift"] < 0)).all():
        diverge = "they diverge" if panel.compared else "fine-tuning made them diverge"
        return f"{diverge}{every} ({p})"
    return f"no clear change{every} ({p})"
