"""A synthetic run: tables with the columns of a real one, cheap and deterministic.

Two tasks (17 and 40 labels), two models, seven layers, six snapshots. The labels'
centres move apart in the upper layers, and every other number follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from frames import tables as framed

UPDATES = (0, 4, 16, 64, 200, 530)
LAYERS = tuple(range(7))
FEATURES = {"minilm": 384, "bert-tiny": 128}
POS = [
    *("ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM"),
    *("PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X"),
]
FUNCTIONS = [f"p.Function{index:02d}" for index in range(39)] + ["p.`$"]


@dataclass(frozen=True)
class Size:
    """How much a run holds."""

    updates: tuple[int, ...] = UPDATES
    layers: tuple[int, ...] = LAYERS
    examples: int = 120


@dataclass(frozen=True)
class SyntheticRun:
    """What a finished run hands to the report."""

    tables: dict[str, pd.DataFrame]
    record: dict[str, Any]


def synthetic_run(
    tasks: dict[str, list[str]] | None = None,
    models: tuple[str, ...] = ("minilm", "bert-tiny"),
    seeds: tuple[int, ...] = (0,),
    size: Size | None = None,
) -> SyntheticRun:
    """Make the tables of a study with these tasks (name -> labels), models and seeds."""
    size = size or Size()
    tasks = {"pos": POS, "ps-fxn": FUNCTIONS} if tasks is None else tasks
    rows: dict[str, list[dict[str, Any]]] = {}
    for m, model in enumerate(models):
        for t, (task, labels) in enumerate(tasks.items()):
            for seed in seeds:
                key = {"model": model, "task": task, "seed": seed}
                rng = np.random.default_rng([m, t, seed])
                _add_series(rows, key, labels, FEATURES.get(model, 64), rng, size)
    tables = framed(**rows)
    record = {
        "study": {
            "models": list(models),
            "tasks": list(tasks),
            "seeds": list(seeds),
            "epochs": 2,
            "snapshots": 6,
        },
        "versions": {"tunescope": "0.1.0", "python": "3.11.9", "torch": "2.13.0"},
        "data": {"en_pud-ud-test.conllu": "247242b138048db7f37e1215a4aea519477c0f92"},
        "models": {
            model: {
                "revision": "30b0a37ccaaa32f332884b96992754e246e48c5f",
                "sha256": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
                "layers": 6,
                "features": FEATURES.get(model, 64),
                "parameters": 22_713_216,
            }
            for model in models
        },
        "created": "2026-11-21T20:49:00+00:00",
        "timings": [{"step": "encode", "seconds": 12.3}, {"step": "separations", "seconds": 65.0}],
    }
    return SyntheticRun(tables, record)


def _add_series(
    rows: dict[str, list[dict[str, Any]]],
    key: dict[str, Any],
    labels: list[str],
    n_features: int,
    rng: np.random.Generator,
    size: Size,
) -> None:
    """Add the rows of one model, task and seed to every table."""

    def add(name: str, **values: Any) -> None:
        rows.setdefault(name, []).append({**key, **values})

    n_labels = len(labels)
    given = np.arange(size.examples) % n_labels
    if key["seed"] == 0:
        for number, label in enumerate(given):
            test = number >= 0.75 * size.examples
            rows.setdefault("plane_examples", []).append(
                {
                    "model": key["model"],
                    "task": key["task"],
                    "split": "test" if test else "train",
                    "number": number,
                    "example": number,
                    "label": labels[label],
                    "text": f"The cat sat [on] the {number}th mat , which is {labels[label]} .",
                    "place": f"en_pud-ud-test.conllu:{number}",
                }
            )
    n_examples = {"train": rng.integers(12, 900, n_labels), "test": rng.integers(5, 200, n_labels)}
    pairs = np.array([(i, j) for i in range(n_labels) for j in range(i + 1, n_labels)])
    accuracy_start, accuracy_end = 0.71 + 0.05 * rng.random(), 0.9 + 0.05 * rng.random()

    def head(update: int) -> float:
        return 1 / n_labels + (accuracy_end - 1 / n_labels) * (1 - np.exp(-update / 80))

    for update in range(1, size.updates[-1] + 1):
        add(
            "training",
            update=update,
            epoch=2 * update / size.updates[-1],
            loss=2.8 * (1 - 0.9 * head(update)) + 0.1 * rng.random(),
            learning_rate=3e-4 * (1 - update / size.updates[-1]),
            accuracy=round(32 * head(update)) / 32,
        )
    for update in size.updates:
        for split, n in (("train", 7923), ("test", 4236)):
            value = head(update) - 0.02 * (split == "test") * (update > 0)
            add("evaluations", update=update, split=split, accuracy=value, n_examples=n)

    for layer in size.layers:
        depth = layer / size.layers[-1]
        start = rng.normal(size=(n_labels, 8))
        drift = rng.normal(size=(n_labels, 8)) + 0.6 * start
        noise = rng.normal(size=(len(size.updates), n_labels, 8)) * 0.08 * depth
        paths = np.stack(
            [
                start
                + (0.05 + 2.5 * depth**2) * (1 - np.exp(-update / 80)) * drift
                + noise[s] * (s > 0)
                for s, update in enumerate(size.updates)
            ]
        )
        flat = paths.reshape(-1, 8)
        mean = flat.mean(axis=0)
        _, scale, axes = np.linalg.svd(flat - mean, full_matrices=False)
        explained = scale**2 / (scale**2).sum()
        vectors: dict[str, list[np.ndarray]] = {"train": [], "test": []}
        inside = rng.normal(size=(size.examples, 2)) * 0.7

        for step, update in enumerate(size.updates):
            centres = paths[step]
            plane = (centres - mean) @ axes[:2].T
            gaps = np.linalg.norm(centres[pairs[:, 0]] - centres[pairs[:, 1]], axis=1)
            end = update in (0, size.updates[-1])
            spots = plane[given] + inside * (1.1 - 0.7 * step / len(size.updates))
            add(
                "plane",
                update=update,
                layer=layer,
                x=spots[:, 0],
                y=spots[:, 1],
                explained=float(explained[:2].sum()),
                parting_x=spots @ [0.8, 0.6],
                parting_y=spots @ [-0.6, 0.8],
                parting_explained=float(explained[:2].sum()) / 2,
                error=0.01,
                nearest_label=[
                    labels[int(np.argmin(((plane - spot) ** 2).sum(axis=1)))] for spot in spots
                ],
            )
            add(
                "spread",
                update=update,
                layer=layer,
                split="train",
                n_examples=size.examples,
                total=float(np.sqrt((centres**2).sum(axis=1).mean())),
                within=1.0,
                share_within=0.5 / (1 + step),
            )
            for split, blur in (("train", 0.0), ("test", 0.15)) if end else (("train", 0.0),):
                at = {"update": update, "layer": layer, "split": split}
                distance = np.maximum(gaps - 1.1, 0) * 0.3
                distance = distance * (1 + blur * rng.normal(size=len(distance)))
                distance = np.maximum(distance, 0)
                vectors[split].append(distance)
                meets = distance == 0
                touched = np.bincount(pairs[meets].ravel(), minlength=n_labels)
                n_clusters = 1 + (touched > 0) * (1 + touched // 2)
                for i, label in enumerate(labels):
                    if end and split == "train":
                        add(
                            "clusters",
                            **at,
                            label=label,
                            n_examples=int(n_examples[split][i]),
                            n_clusters=int(n_clusters[i]),
                            n_contradictions=0,
                        )
                    mine = (pairs == i).any(axis=1)
                    nearest = np.flatnonzero(mine)[distance[mine].argmin()]
                    other = int(pairs[nearest].sum() - i)
                    value = float(distance[nearest])
                    add(
                        "minimum_distances",
                        **at,
                        label=label,
                        nearest_label=labels[other],
                        minimum_distance=value,
                        lower=value * (1 - 1e-7),
                        upper=value * (1 + 1e-7),
                        second_distance=float(np.sort(distance[mine])[1]),
                    )
                    if split == "train":
                        add(
                            "centroids",
                            **at,
                            label=label,
                            n_examples=int(n_examples[split][i]),
                            x=float(plane[i, 0]),
                            y=float(plane[i, 1]),
                            explained_x=float(explained[0]),
                            explained_y=float(explained[1]),
                            displacement=float(np.linalg.norm(centres[i] - paths[0, i])),
                            shift_x=float((centres[i] - paths[0, i]) @ axes[0]),
                            shift_y=float((centres[i] - paths[0, i]) @ axes[1]),
                        )
                total = int(n_clusters.sum())
                made = (None, "random") if update == 0 else (None,)
                for stage in made if end and split == "train" else ():
                    add(
                        "linearity",
                        **at,
                        stage=stage,
                        n_examples=int(n_examples[split].sum()),
                        n_features=n_features,
                        n_labels=n_labels,
                        n_clusters=total if stage is None else total + 9,
                        is_linear=stage is None and total == n_labels,
                        n_contradictions=0,
                        n_pairs=len(pairs),
                        capacity_pairs=len(pairs) * (1.0 if n_features > 300 else 0.667),
                    )
                if split == "train" or end:
                    for p in np.argsort(distance)[:12]:
                        i, j = pairs[p]
                        add(
                            "nearest_pairs",
                            **at,
                            label_a=labels[i],
                            label_b=labels[j],
                            separation=float(distance[p]),
                            lower=float(distance[p]) * (1 - 1e-7),
                            upper=float(distance[p]) * (1 + 1e-7),
                            example_a=f"The cat sat [on] the {labels[i]} mat & left .",
                            example_b="It was " + "very " * 60 + "[warm] in the room .",
                            place_a=f"en_pud-ud-test.conllu:{100 + i}",
                            place_b=f"en_pud-ud-test.conllu:{200 + j}",
                        )
                    for p, (i, j) in enumerate(pairs):
                        add(
                            "separations",
                            **at,
                            label_a=labels[i],
                            label_b=labels[j],
                            separation=float(distance[p]),
                            lower=float(distance[p]) * (1 - 1e-7),
                            upper=float(distance[p]) * (1 + 1e-7),
                            status="overlapping" if meets[p] else "separable",
                        )
            for comparison, measure in (
                ("with_original", "linear_cka"),
                ("with_original", "spatial_pearson"),
                ("with_original", "spatial_spearman"),
                ("train_test", "spatial_pearson"),
            ):
                if comparison == "train_test" and not end:
                    continue
                a, b = vectors["train"][step], vectors["train"][0]
                if comparison == "train_test":
                    b = vectors["test"][-1]
                value = float(np.corrcoef(a, b)[0, 1])
                absent = layer == 0 and comparison == "train_test"
                if measure != "spatial_pearson":
                    cka = measure == "linear_cka"
                    add(
                        "similarity",
                        update=update,
                        layer=layer,
                        split="train",
                        comparison=comparison,
                        measure=measure,
                        similarity=value**2,
                        lower=None,
                        upper=None,
                        n_pairs=0 if cka else len(pairs),
                        convention="" if cka else "shared",
                        reason="",
                    )
                    continue
                add(
                    "similarity",
                    update=update,
                    layer=layer,
                    split="train",
                    comparison=comparison,
                    measure=measure,
                    similarity=None if absent else value,
                    lower=None if absent else max(-1.0, value - 0.1 * (1 - value)),
                    upper=None if absent else min(1.0, value + 0.1 * (1 - value)),
                    n_pairs=0 if absent else len(pairs),
                    convention="shared",
                    reason="fewer than 3 shared label pairs" if absent else "",
                )

    for update, stage, level in (
        (0, "random", 0.42),
        (0, "original", accuracy_start),
        (size.updates[-1], "tuned", accuracy_end),
    ):
        for restart in range(5):
            value = float(np.clip(level + rng.normal() * 0.004, 0, 1))
            add(
                "accuracy",
                update=update,
                layer=size.layers[-1],
                split="test",
                probe="classifier",
                setting="64-128, 1e-3",
                restart=restart,
                accuracy=value,
                lower=value - 0.011,
                upper=value + 0.01,
                n_examples=4236,
                stage=stage,
            )
    add(
        "accuracy",
        update=0,
        layer=size.layers[-1],
        split="test",
        probe="majority",
        setting="always NOUN",
        restart=0,
        accuracy=0.18,
        lower=0.168,
        upper=0.192,
        n_examples=4236,
    )
