"""The first screen in words and numbers: what happened, and what to do; each made once.

The page, the Markdown file and whoever else wants the few numbers of a panel take them from here.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tunescope.reports import accuracy_change, lists, numbers, statements
from tunescope.reports.figures import clusters, minimum_distances, similarity
from tunescope.reports.panels import Panel
from tunescope.reports.statements import main_accuracy
from tunescope.tables import ORIGINAL, TUNED, growth_of_space, relative_changes
from tunescope.tables.stages import last_layer, on_split


@dataclass(frozen=True)
class Number:
    """One large number: what it is, its change, how sure it is, and where its figure stands."""

    name: str
    value: str
    change: str
    certainty: str
    section: str
    """Key of the section that shows it whole."""


def figures_of(panel: Panel) -> list[Number]:
    """Give the three or four numbers that say most, in the last layer."""
    made = (_accuracy(panel), _room(panel), _structure(panel), _clusters(panel), _spread(panel))
    return [number for number in made if number is not None][:4]


def _accuracy(panel: Panel) -> Number | None:
    stages = main_accuracy(panel)
    last = stages.get("after", stages.get("before"))
    if last is None:
        return None
    name = "Probe accuracy on test data"
    interval = numbers.percent_interval(last["lower"], last["upper"])
    old = stages.get("before")
    if last is old or old is None:
        n = numbers.counted(last["n_examples"], "example")
        return Number(
            name, numbers.percent(last["accuracy"]), "", f"95 %: {interval}, {n}", "accuracy"
        )
    table = accuracy_change.in_last_layer(panel, str(last["probe"]))
    moved = last["accuracy"] - old["accuracy"]
    sure = f"95 %: {interval}"
    if len(table):
        moved = table["difference"].mean()
        low, high = (
            accuracy_change.points(table[end].mean(), signed=True) for end in ("lower", "upper")
        )
        worst = accuracy_change.p_value(table["p_corrected"].max())
        sure = f"95 %: {low.removesuffix(' points')} to {high}, {worst}"
        sure += f", the least sure of {len(table)} seeds" if len(table) > 1 else ""
    start = numbers.percent(old["accuracy"]).replace(" ", "\N{NO-BREAK SPACE}")
    change = f"{accuracy_change.points(moved, signed=True)}, from {start}"
    return Number(name, numbers.percent(last["accuracy"]), change, sure, "accuracy")


def _room(panel: Panel) -> Number | None:
    """How much further labels are apart than the growth of the whole space accounts for."""
    found = growth_of_space(panel.tables)
    if found.empty:
        return None
    mean = found.mean(numeric_only=True)
    space, distance = (mean[f"{what}_before"] for what in ("space", "distance"))
    if not (space and distance and numbers.known(distance)):
        return None
    grew = mean["space_after"] / space
    factor = mean["distance_after"] / distance / grew
    directions = minimum_distances.of_labels(relative_changes(panel.tables))["direction"]
    grown, shrunk = ((directions == way).sum() for way in ("increased", "decreased"))
    return Number(
        "Room between labels, for the size of the space",
        _times(factor),
        f"the space {'grew' if grew >= 1 else 'shrank'} {_times(grew)}",
        f"certified: {grown} of {numbers.counted(len(directions), 'label')} gained room, "
        f"{shrunk} lost",
        "labels",
    )


def _times(factor: float) -> str:
    """Write a factor so that no line ends inside it."""
    return f"×\N{NO-BREAK SPACE}{numbers.significant(factor, 2)}"


def _structure(panel: Panel) -> Number | None:
    top = similarity.in_last_layer(panel)
    if top.empty:
        return None
    row = top.iloc[0]
    seeds = top["similarity"]
    known = numbers.known(row["lower"])
    sure = (
        f"95 %: {numbers.similarity(row['lower'])} to {numbers.similarity(row['upper'])}, "
        if known
        else ""
    )
    if len(seeds) > 1:
        sure = f"{numbers.similarity(seeds.min())} to {numbers.similarity(seeds.max())} by seed, "
    n = f"{numbers.counted(row['n_pairs'], 'label pair')}" if numbers.known(row["n_pairs"]) else ""
    name = "Alike in the two models" if panel.compared else "Kept of the labels’ arrangement"
    if not similarity.is_spatial(top):
        whom = "of the two models" if panel.compared else "with the original"
        name = f"{similarity.measured(top)} {whom}"
    return Number(
        name,
        numbers.similarity(seeds.mean()),
        "1 is the same" if panel.compared else "1 is unchanged",
        (sure + n).removesuffix(", "),
        "layers",
    )


def _clusters(panel: Panel) -> Number | None:
    table = statements.shown_clusters(panel)
    if table.empty:
        return None
    last = table.iloc[-1]
    change = f"{numbers.count(last['n_labels'])} labels"
    before = clusters.by_layer(panel).query("stage == 'before'")["clusters"]
    if last["stage"] == "after" and len(before):
        change += f"; {before.iloc[-1]} before"
    sure = ""
    if numbers.known(last["capacity_pairs"]):
        expected = numbers.expected(last["capacity_pairs"], last["n_pairs"])
        pairs = "pair" if last["n_pairs"] == 1 else "pairs"
        sure = f"certified; random vectors: {expected} {pairs} apart"
    if last["n_contradictions"] > 0:
        many = "example" if last["contradictions"] == "1" else "examples"
        sure = f"{last['contradictions']} {many} share a vector with another label"
    return Number("Clusters", str(last["clusters"]), change, sure, "clusters")


def _spread(panel: Panel) -> Number | None:
    table = last_layer(on_split(panel.before_and_after("spread")))
    if table.empty:
        return None
    mean = table.groupby("stage")["share_within"].mean()
    last = mean.get(TUNED, mean.get(ORIGINAL))
    both = {ORIGINAL, TUNED} <= set(mean.index)
    change = f"{numbers.percent(mean[ORIGINAL])} before" if both else ""
    return Number("Variance inside labels", numbers.percent(last), change, "exact", "labels")


def happened(panel: Panel) -> str:
    """Say in a few short sentences what happened, and where; of one model, how it stands."""
    parts = [_of_accuracy(panel), _of_room(panel), where(panel)]
    if not panel.tuned:
        parts = [statements.only_accuracy(panel), statements.linear_layers(panel)]
    said = [part for part in parts if part]
    pair = lists.most_confused(panel, 1)
    if pair and pair[0].sentence:
        said.append(pair[0].sentence)
    return " ".join(said)


def _of_accuracy(panel: Panel) -> str:
    stages = main_accuracy(panel)
    if "after" not in stages or "before" not in stages:
        return ""
    who = "In the second model labels are" if panel.compared else "After fine-tuning, labels are"
    probe = str(stages["after"]["probe"])
    change = accuracy_change.change(panel, probe)
    if change is None:
        moved = stages["after"]["accuracy"] - stages["before"]["accuracy"]
        return f"{who} read {_how(panel, moved)}."
    table = accuracy_change.in_last_layer(panel, probe)
    moved = table["difference"].mean()
    if change.direction:
        better = "better" if change.direction > 0 else "worse"
        return f"{who} read {better}, by {accuracy_change.points(abs(moved))}."
    if accuracy_change.about_the_same(table):
        whom = "of both models about as well" if panel.compared else "about as well as before"
        return f"The probe reads the labels {whom}: no clear change."
    seeds = ", the mean of several seeds" if len(table) > 1 else ""
    every = " with every seed" if len(table) > 1 else ""
    p = accuracy_change.p_values(table["p_corrected"])
    return f"{who} read {_how(panel, moved)}{seeds}, but that is not sure{every} ({p})."


def _how(panel: Panel, moved: float) -> str:
    """Say by how much labels are read better or worse than in the other model."""
    if abs(moved) < accuracy_change.LEAST_SHOWN:
        return f"as well as {'in the first' if panel.compared else 'before'}, to 0.1 points"
    how = "better" if moved > 0 else "worse"
    return f"{how} by {accuracy_change.points(abs(moved))}"


def _of_room(panel: Panel) -> str:
    directions = minimum_distances.of_labels(relative_changes(panel.tables))["direction"]
    n = len(directions)
    if not n:
        return ""
    up, undecided = (int((directions == way).sum()) for way in ("increased", "undecided"))
    if up == n:
        return f"All {n} labels stand further from their nearest other, for the size of the space."
    if not (up or undecided):
        return "No label stands further from its nearest other, for the size of the space."
    said = f"{up} of {n} labels stand further from their nearest other, for the size of the space"
    return f"{said}; of {undecided} that is undecided." if undecided else f"{said}."


def where(panel: Panel) -> str:
    """Say which layer changed most and which least, with their numbers, and which are not known."""
    table = similarity.last_values(panel)
    table = table[~table["layer"].isin(similarity.unknown_layers(panel))]
    unknown = similarity.unknown_in_words(panel)
    of_layer = table.groupby("layer")["similarity"].mean()
    if len(of_layer) < 2:
        return ""
    most, least = int(str(of_layer.idxmin())), int(str(of_layer.idxmax()))
    low, high = (numbers.similarity(of_layer[layer]) for layer in (most, least))
    if low == high:
        said = f"ll layers changed as much: each is alike to {low}, where 1 is unchanged."
        return f"{unknown.capitalize()}; of the others a{said}" if unknown else f"A{said}"
    verb, name = "changed", "arrangement of labels kept"
    if panel.compared:
        verb, name = "differs", "labels’ arrangement alike"
    if not similarity.is_spatial(table):
        name = similarity.measured(table) + ("" if panel.compared else " with the original")
    said = f"Layer {most} {verb} most ({name}: {low}), layer {least} least ({high})"
    return said + _of_seeds(table) + (f"; {unknown}." if unknown else ".")


def _of_seeds(table: pd.DataFrame) -> str:
    """Say that means over seeds were ordered, where not every seed has them in this order."""
    of_seed = table.pivot_table(index="seed", columns="layer", values="similarity")
    ends = (of_seed.idxmin(axis=1), of_seed.idxmax(axis=1))
    if all(layers.nunique() == 1 for layers in ends):
        return ""
    return f": means over {len(of_seed)} seeds, not with every seed"


def to_do(panel: Panel) -> list[str]:
    """Say what to do next: at most three things, the surest first."""
    advice = [_look(panel), _border(panel), _repeat(panel), _dimension(panel)]
    return [text for text in advice if text][:3]


def _look(panel: Panel) -> str:
    found = lists.look_at(panel)
    if not found.rows:
        return ""
    return f"Read {found.what} below; correct the data where the label is wrong."


def _border(panel: Panel) -> str:
    pair = lists.most_confused(panel, 1)
    if not pair or lists.look_at(panel).at_edges:  # said already
        return ""
    return pair[0].advice


def _repeat(panel: Panel) -> str:
    if not (panel.tuned and panel.watched):
        return ""
    seeds = panel.geometry("minimum_distances")["seed"].nunique()
    if seeds != 1:
        return ""
    return "Run more seeds before you claim this of fine-tuning in general: here is one."


def _dimension(panel: Panel) -> str:
    table = statements.shown_clusters(panel)
    if table.empty or not numbers.known(table["capacity_pairs"].iloc[-1]):
        return ""
    last = table.iloc[-1]
    if last["n_pairs"] and last["capacity_pairs"] / last["n_pairs"] > 0.99:
        return (
            f"Do not read much into linearity: in {numbers.count(last['n_features'])} dimensions "
            "so few random vectors are linear, too."
        )
    return ""
