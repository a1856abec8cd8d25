"""What the tables say, in plain words; every number is one of theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tunescope.probes.registry import BLIND
from tunescope.reports import accuracy_change, numbers
from tunescope.reports.figures import accuracy, clusters, minimum_distances, similarity
from tunescope.reports.panels import SHOWN, Panel
from tunescope.reports.scale import scale
from tunescope.tables import ORIGINAL, TUNED, relative_changes, similarity_changes
from tunescope.tables import train_test as tables_train_test
from tunescope.tables.similarities import BEYOND_SIZES
from tunescope.tables.stages import at, highest_layer, last_layer, on_split, side_by_side, was_tuned


@dataclass(frozen=True)
class Statement:
    """One sentence with the heading of what it is about."""

    topic: str
    text: str


def statements(panel: Panel) -> list[Statement]:
    """Say what changed in one panel; what the tables do not hold is left out.

    Examples
    --------
    >>> from tunescope.reports.panels import panels
    >>> table = pd.DataFrame({"update": [0, 9], "probe": "p", "accuracy": [0.5, 0.9]})
    >>> statements(panels({"accuracy": table})[0])[0].text
    'The probe’s accuracy went from 50.0 % to 90.0 % (no intervals stored).'
    """
    made = (
        ("Accuracy", accuracy_sentence(panel)),
        ("What the accuracy is owed to", controls(panel)),
        ("Clusters", clusters_sentence(panel)),
        ("Is it the model, or the dimension?", dimension(panel)),
        ("Room between labels", relative(panel)),
        ("Minimum distances", distances(panel)),
        ("Distances and scale", scale(panel)),
        ("Furthest apart", apart(panel)),
        ("Nearest labels", nearest(panel)),
        ("Movement", movement(panel)),
        ("Spatial structure", similarity_sentence(panel)),
        ("Training and test", train_test(panel)),
    )
    return [Statement(topic, text) for topic, text in made if text]


def overview(panel: Panel) -> dict[str, str]:
    """One row of the page's first table: the panel's main numbers as text."""
    row: dict[str, str] = {"task": panel.task, "model": panel.model, "run": panel.run}
    for stage, part in main_accuracy(panel).items():
        row[f"accuracy_{stage}"] = numbers.percent(part["accuracy"])
        row[f"accuracy_{stage}_interval"] = numbers.percent_interval(part["lower"], part["upper"])
    table = clusters.by_layer(panel)
    if not table.empty:
        last = table.iloc[-1]
        row["clusters_before"] = numbers.count(last["before"])
        row["clusters_after"] = numbers.count(last["after"])
        row["labels"] = numbers.count(last["n_labels"])
    grown = minimum_distances.growth(panel)
    if not grown.empty:
        row["grew"] = f"{int((grown['direction'] == 'increased').sum())} of {len(grown)}"
    kept = similarity.last_values(panel)
    if not kept.empty:
        top = highest_layer(kept).iloc[0]
        row["similarity"] = numbers.similarity(top["similarity"])
        if numbers.known(top["lower"]):
            bounds = (numbers.similarity(top["lower"]), numbers.similarity(top["upper"]))
            row["similarity_interval"] = " to ".join(bounds)
    return row


def main_accuracy(panel: Panel) -> dict[str, Any]:
    """The first probe's summary in the last layer, by stage."""
    table = accuracy.summary(panel)
    if table.empty:
        return {}
    probed = table[~table["probe"].isin(list(BLIND))]
    if probed.empty:
        return {}
    probe = probed["probe"].iloc[0]
    last = highest_layer(probed[probed["probe"] == probe])
    return {str(row["stage"]): row for _, row in last.iterrows()}


def accuracy_sentence(panel: Panel) -> str:
    """Say how the first probe's accuracy changed."""
    by_stage = main_accuracy(panel)
    if not {"before", "after"} <= set(by_stage):
        return ""
    old, new = by_stage["before"], by_stage["after"]

    def value(row: Any) -> str:
        text = numbers.percent(row["accuracy"])
        if numbers.known(row["lower"]):
            text += f" ({numbers.percent_interval(row['lower'], row['upper'])})"
        return text

    moved = f"from {value(old)} to {value(new)}"
    n = ""
    if numbers.known(new["n_examples"]):
        n = f" on {numbers.counted(new['n_examples'], 'example')}"
    fell = "" if panel.compared else ": an exception to “fine-tuning always helps”"
    change = accuracy_change.change(panel, str(new["probe"]))
    if change is not None:
        word = {1: "rose", 0: "went", -1: "fell"}[change.direction]
        text = f"The probe’s accuracy {word} {moved}{n}{fell if change.direction < 0 else ''}. "
        text += change.sentence
    elif not (numbers.known(old["lower"]) and numbers.known(new["lower"])):
        return f"The probe’s accuracy went {moved}{n} (no intervals stored)."
    elif new["lower"] > old["upper"]:
        text = f"The probe’s accuracy rose {moved}{n}."
    elif new["upper"] < old["lower"]:
        text = f"The probe’s accuracy fell {moved}{n}{fell}."
    else:
        text = f"The probe’s accuracy went {moved}{n}; the intervals overlap, so no clear change."
    if "random weights" in by_stage:
        text += f" With random weights it is {value(by_stage['random weights'])}."
    return text


def only_accuracy(panel: Panel) -> str:
    """Say what a probe reaches where there is one model only."""
    by_stage = main_accuracy(panel)
    row = by_stage.get("before", by_stage.get("after"))
    if row is None:
        return ""
    text = f"The probe “{row['probe']}” is right about {numbers.percent(row['accuracy'])} of "
    text += f"{numbers.counted(row['n_examples'], 'test example')}"
    known = numbers.known(row["lower"])
    interval = numbers.percent_interval(row["lower"], row["upper"])
    return f"{text} (95 % interval {interval})." if known else f"{text}."


def relative(panel: Panel) -> str:
    """Say for how many labels the room grew by more than the whole space did."""
    changed = relative_changes(panel.tables)
    if changed.empty:
        return ""
    of_label = changed.groupby("label")["direction"].agg(
        lambda of: of.iloc[0] if of.nunique() == 1 else "undecided"
    )
    counts = of_label.value_counts()
    means = changed.groupby("label")[["before", "after"]].mean()
    factor = means["after"].mean() / means["before"].mean() if means["before"].mean() else None
    text = (
        f"Measured by the size of the space, {counts.get('increased', 0)} of "
        f"{numbers.counted(len(of_label), 'label')} stand further from their nearest other than "
        f"before and {counts.get('decreased', 0)} nearer (certified)"
    )
    if factor is not None:
        text += f"; on average the distance is × {numbers.significant(factor, 2)}"
    return text + "." + _seeds(changed)


def controls(panel: Panel) -> str:
    """Say what a probe reaches without vectors, without a curve, and on random labels."""
    table = accuracy.summary(panel)
    if table.empty:
        return ""
    blind = table["probe"].isin(list(BLIND))
    table = pd.concat([table[blind], highest_layer(table[~blind])])
    text = ""
    for probe, words in (
        ("word majority", "The most frequent label of each word alone is right in"),
        ("linear", "A linear probe reaches"),
        ("nearest neighbour", "The nearest training vector’s label is right in"),
    ):
        part = table[table["probe"] == probe].set_index("stage")["accuracy"]
        known = [stage for stage in ("before", "after") if stage in part]
        values = [f"{numbers.percent(part[stage])} {stage}" for stage in known]
        if len(known) < 2:
            values = [numbers.percent(value) for value in part[known[:1] or part.index[:1]]]
        if values:
            text += f"{words} {' and '.join(values)}. "
    selective = _before_after(panel, "selectivity", "selectivity", accuracy_change.points)
    if selective:
        text += f"On random labels of the words the probe does worse by {selective} (selectivity). "
    code = _before_after(panel, "description_length", "compression", accuracy_change.times)
    if code:
        text += f"Sent with the vectors, the labels are shorter by a factor of {code}."
    return text.strip()


def _before_after(panel: Panel, name: str, column: str, say: Callable[[Any], str]) -> str:
    """Write a quantity in the last layer before and after, means over seeds; empty if absent."""
    table = last_layer(panel.before_and_after(name).dropna(subset=[column]))
    means = table.groupby("stage")[column].mean()
    if not was_tuned(table):
        return say(means.iloc[0]) if len(means) else ""
    return " and ".join(f"{say(means[stage])} {SHOWN[stage]}" for stage in (ORIGINAL, TUNED))


def clusters_sentence(panel: Panel) -> str:
    """Say which layers are linear."""
    table = clusters.by_layer(panel)
    if table.empty or table["before"].isna().all():
        return ""
    n = len(table)
    labels = numbers.count(table["n_labels"].iloc[-1])

    def linear(stage: str) -> int:
        return int(table[f"linear_{stage}"].sum())

    old = linear("before")
    contradictions = _contradictions(table)
    if table["after"].isna().all():
        if n > 1:
            return f"{old} of {n} layers are linear ({labels} labels)." + contradictions
        found = numbers.count(table["before"].iloc[0])
        verdict = "linear" if old else "not linear"
        text = f"The representation is {verdict}: {found} clusters of {labels} labels."
        return text + contradictions
    new = linear("after")
    last = table.iloc[-1]
    layer = f"layer {last['layer']}"
    if old == n and new == n:
        return (
            f"All {numbers.counted(n, 'layer')} are linear before and after: every one of the "
            f"{labels} labels is one cluster, so a linear classifier can separate the training "
            f"data{'' if panel.compared else ' without any fine-tuning'}."
        )
    tuning = "" if panel.compared else " fine-tuning"
    text = f"{old} of {n} layers are linear before{tuning}, {new} after. "
    if last["before"] == last["after"]:
        text += (
            f"{layer.capitalize()} has {numbers.count(last['after'])} clusters before and after "
        )
    else:
        text += (
            f"In {layer} the number of clusters went from {numbers.count(last['before'])} to "
            f"{numbers.count(last['after'])} "
        )
    text += f"({labels} labels)."
    text += contradictions
    for stage, when in (("crowded_before", "Before"), ("crowded_after", "After")):
        if last[stage] and last[stage] != "none":
            text += f" {when}, more than one cluster: {last[stage]}."
    return text


def _contradictions(table: pd.DataFrame) -> str:
    """Say in which layers examples contradict each other, layers with as many together."""
    torn = table[table["n_contradictions"] > 0]
    said = []
    for count, part in torn.groupby("n_contradictions", sort=False):
        layers = [str(layer).split()[0] for layer in part["layer"]]
        where = f"layers {', '.join(layers[:-1])} and {layers[-1]}"
        if len(part) == len(table) > 1:
            where = "every layer"
        elif len(layers) == 1:
            where = f"layer {part['layer'].iloc[0]}"
        said.append(
            f" In {where}, {numbers.counted(count, 'example')} share their vector with an example "
            "of another label, which no clustering can part."
        )
    return "".join(said)


def dimension(panel: Panel) -> str:
    """Say what random vectors of these counts and dimensions would do."""
    table = clusters.by_layer(panel)
    if table.empty or not numbers.known(table["capacity_pairs"].iloc[-1]):
        return ""
    last = table.iloc[-1]
    share = last["capacity_pairs"] / last["n_pairs"] if last["n_pairs"] else float("nan")
    text = (
        f"Random vectors of these counts in {numbers.count(last['n_features'])} dimensions would "
        f"leave {numbers.expected(last['capacity_pairs'], last['n_pairs'])} label pairs separable"
    )
    if share > 0.99:
        text += ": here linearity alone says little about the model."
    elif share > 0.5:
        text += ": a good part of the linearity may be owed to the dimension."
    else:
        text += ": the dimension alone does not explain a linear representation."
    if numbers.known(last["random"]):
        text += (
            f" The same encoder with random weights needs {numbers.count(last['random'])} clusters"
            f" in layer {last['layer']}."
        )
    return text


def distances(panel: Panel) -> str:
    """Say how the labels' minimum distances changed."""
    table = minimum_distances.growth(panel)
    if table.empty:
        return ""
    frame = panel.geometry("minimum_distances")
    layer = int(highest_layer(frame)["layer"].iloc[0])
    counts = table["direction"].value_counts()
    top = table.iloc[0]
    text = (
        f"In layer {layer}, the certified distance to the nearest other label grew for "
        f"{counts.get('increased', 0)} of {numbers.counted(len(table), 'label')}"
    )
    text += f" and shrank for {counts['decreased']}" if "decreased" in counts else ""
    text += f"; for {counts['undecided']} that is undecided" if "undecided" in counts else ""
    text += (
        f". {top['label']} gained most: from {numbers.significant(top['before'])} to "
        f"{numbers.significant(top['after'])}"
    )
    if len(table) > 1:
        low = table.iloc[-1]
        text += (
            f"; {low['label']} {'lost most' if low['change'] < 0 else 'gained least'}: from "
            f"{numbers.significant(low['before'])} to {numbers.significant(low['after'])}"
        )
    return text + "." + _seeds(frame)


def apart(panel: Panel) -> str:
    """Say which label pairs moved furthest apart and closer."""
    table = panel.before_and_after("separations").dropna(subset=["separation"])
    table = last_layer(on_split(table))
    pairs = side_by_side(table, ["label_a", "label_b"], "separation").reset_index()
    if pairs.empty:
        return ""
    pairs["change"] = pairs["after"] - pairs["before"]
    ordered = pairs.sort_values("change", kind="stable").to_dict("records")
    closest, furthest = ordered[0], ordered[-1]

    def went(pair: dict[Any, Any]) -> str:
        return f"{numbers.significant(pair['before'])} to {numbers.significant(pair['after'])}"

    text = (
        f"Of {numbers.counted(len(pairs), 'label pair')} in layer {int(table['layer'].iloc[0])}, "
        f"{furthest['label_a']} and {furthest['label_b']} moved furthest apart: their separation "
        f"went from {went(furthest)}."
    )
    closer = int((pairs["change"] < 0).sum())
    if closer:
        text += (
            f" {numbers.counted(closer, 'pair')} came closer, most of all {closest['label_a']} and "
            f"{closest['label_b']} ({went(closest)})."
        )
    return text + _seeds(table)


def nearest(panel: Panel) -> str:
    """Say which labels are nearest to each other at the end."""
    every = on_split(panel.before_and_after("separations").dropna(subset=["separation"]))
    if every.empty:
        return ""
    table = last_layer(at(every, TUNED if was_tuned(every) else ORIGINAL))
    table, layer = table[table["seed"] == table["seed"].min()], table["layer"].iloc[0]
    meeting = table[table["separation"] == 0]
    row = table.loc[table["separation"].idxmin()]
    when = "After fine-tuning, in" if was_tuned(every) and not panel.compared else "In"
    when = "After, in" if panel.compared else when
    text = f"{when} layer {int(layer)} "
    if len(meeting) == 1:
        return text + f"the hulls of one label pair meet: {row['label_a']} and {row['label_b']}."
    if len(meeting):
        return text + (
            f"the hulls of {numbers.count(len(meeting))} of "
            f"{numbers.counted(len(table), 'label pair')} meet."
        )
    value = numbers.certified(row["separation"], row["lower"], row["upper"])
    return text + f"the nearest labels are {row['label_a']} and {row['label_b']}, {value} apart."


def movement(panel: Panel) -> str:
    """Say which labels' means moved furthest."""
    table = on_split(at(panel.geometry("centroids").dropna(subset=["displacement"]), TUNED))
    if table.empty:
        return ""
    means = table.groupby("layer")["displacement"].median()
    last = last_layer(table).groupby("label")["displacement"].mean()
    text = (
        f"In layer {int(table['layer'].max())}, {last.idxmax()} moved furthest from where it was "
        f"({numbers.significant(last.max())}), {last.idxmin()} least "
        f"({numbers.significant(last.min())})."
    )
    if len(means) > 1:
        text += (
            f" The median label moved {numbers.significant(means.iloc[0])} in layer "
            f"{means.index[0]} and {numbers.significant(means.iloc[-1])} in layer "
            f"{means.index[-1]}."
        )
    return text + _seeds(table)


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


def _seeds(table: pd.DataFrame) -> str:
    n = table["seed"].nunique()
    return f" (Means over {n} seeds.)" if n > 1 else ""
