"""What is left of the arrangement, and whether training and test data are alike."""

from __future__ import annotations

from typing import Any

from tunescope.reports import accuracy_change, numbers
from tunescope.reports.figures import similarity
from tunescope.reports.panels import Panel
from tunescope.tables import ORIGINAL, TUNED, similarity_changes
from tunescope.tables import train_test as tables_train_test
from tunescope.tables.similarities import BEYOND_SIZES
from tunescope.tables.stages import last_layer, was_tuned


def similarity_sentence(panel: Panel) -> str:
    """Say how like its original each layer is at the end."""
    table = similarity.last_values(panel)
    if table.empty:
        return ""
    by_layer = table.groupby("layer").first()
    parts = []
    for layer in sorted({by_layer.index[0], by_layer.index[-1]}, reverse=True):
        row = by_layer.loc[layer]
        parts.append(
            f"layer {layer}: {numbers.similarity(row['similarity'], row['lower'], row['upper'])}"
        )
    pairs = by_layer.iloc[-1]["n_pairs"]
    over = f" over {numbers.counted(pairs, 'label pair')}" if numbers.known(pairs) else ""
    lowest = by_layer["similarity"].idxmin()
    whom = "of the two models" if panel.compared else "with the original at the end"
    text = f"Similarity {whom}{over}. {'; '.join(parts).capitalize()}."
    if lowest != by_layer.index[-1]:
        text += f" Lowest is layer {lowest}: {numbers.similarity(by_layer['similarity'].min())}."
    if numbers.known(left := by_layer["beyond_sizes"].iloc[-1]):
        text += (
            " Part of any similarity is owed to how many examples the labels have; without that "
            f"part, layer {by_layer.index[-1]} has {numbers.similarity(left)}."
        )
    return text


def train_test(panel: Panel) -> str:
    """Say whether training and test data still look alike."""
    table = similarity.comparison(panel, "train_test").dropna(subset=["similarity"])
    if not was_tuned(table):
        return ""
    table = last_layer(table[table["measure"] == similarity.main_measure(table)])
    seed = table["seed"].min()
    table = table[table["seed"] == seed].set_index("stage")
    if not {ORIGINAL, TUNED} <= set(table.index):
        return ""
    old, new = table.loc[ORIGINAL], table.loc[TUNED]
    said = (
        f"In layer {int(table['layer'].iloc[0])} the similarity of training and test data went "
        "from "
        f"{numbers.similarity(old['similarity'], old['lower'], old['upper'])} to "
        f"{numbers.similarity(new['similarity'], new['lower'], new['upper'])}: "
        f"{_diverged(panel, seed)}."
    )
    if numbers.known(new.get("by_sizes")):
        said += (
            " The sizes of the labels alone give "
            f"{numbers.similarity(old['by_sizes'])} and {numbers.similarity(new['by_sizes'])}"
        )
        left = [_beyond_sizes(panel, stage, seed) for stage in (ORIGINAL, TUNED)]
        if all(map(numbers.known, left)):
            said += ", and what is left without them " + " and ".join(map(numbers.similarity, left))
        said += "."
    return said


def _beyond_sizes(panel: Panel, stage: str, seed: int) -> Any:
    """Give how alike training and test data are without what label sizes give."""
    table = tables_train_test(panel.tables, BEYOND_SIZES)
    table = table[(table["stage"] == stage) & (table["seed"] == seed)]
    return table["similarity"].iloc[0] if len(table) else None


def _diverged(panel: Panel, seed: int) -> str:
    """Say whether that changed, by a paired test over the labels."""
    table = similarity_changes(panel.tables)
    table = table[table["seed"] == seed]
    if table.empty or not numbers.known(table["p_corrected"].iloc[0]):
        return "whether that is a change was not tested"
    row = table.iloc[0]
    p = accuracy_change.p_value(row["p_corrected"])
    if row["p_corrected"] >= accuracy_change.LEVEL:
        return f"no clear change ({p})"
    if row["shift"] > 0:
        return f"they are more alike after ({p})"
    return f"{'they diverge' if panel.compared else 'fine-tuning made them diverge'} ({p})"
