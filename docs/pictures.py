"""Draw the pictures of docs/explanation/ with the package's own functions.

python docs/pictures.py             # writes docs/pictures/*.svg
"""

from __future__ import annotations

import sys
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
from scipy.spatial import ConvexHull

from tunescope.geometry import (
    DirectProbe,
    by_label_sizes,
    separable_probability,
    separation,
    separations,
    spread,
)
from tunescope.geometry.spaces.beyond_sizes import without_sizes
from tunescope.probes import LinearProbe

HERE = Path(__file__).parent / "pictures"
COLOURS = ["#2a6fbb", "#c8553d", "#3f8f5b"]
WIDTH, HEIGHT = 420, 300


def two_labels(shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw two sets of points, the second moved to the right by `shift`."""
    random = np.random.default_rng(3)
    A = random.normal(size=(24, 2)) @ [[0.9, 0.3], [0.0, 0.7]]
    B = random.normal(size=(24, 2)) @ [[0.6, -0.2], [0.0, 0.9]] + [shift, 0.4]
    return A, B


def corners(points: np.ndarray) -> np.ndarray:
    """Give the corners of a hull in order; fewer than three points are their own corners."""
    return points[ConvexHull(points).vertices] if len(points) > 2 else points


def _frame(points: np.ndarray) -> tuple[alt.Scale, alt.Scale]:
    """Fit the points into the picture with one scale for both axes, so that angles are true."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    size = np.array([WIDTH, HEIGHT])
    half = size / 2 * ((np.ptp(points, axis=0) * 1.08) / size).max()
    across, up = (
        alt.Scale(domain=[float(m - h), float(m + h)], nice=False, zero=False)
        for m, h in zip(middle, half, strict=True)
    )
    return across, up


def hull_layer(sets: dict[str, np.ndarray], colours: list[str]) -> alt.LayerChart:
    """Draw each set of points with its hull."""
    scale = alt.Scale(domain=list(sets), range=colours)
    dots = pd.concat(
        [pd.DataFrame({"x": p[:, 0], "y": p[:, 1], "label": name}) for name, p in sets.items()]
    )
    edges = pd.concat(
        [
            pd.DataFrame({"x": c[:, 0], "y": c[:, 1], "label": name, "order": range(len(c))})
            for name, c in ((name, corners(points)) for name, points in sets.items())
        ]
    )
    across, up = _frame(np.concatenate(list(sets.values())))
    x = alt.X("x:Q", axis=None, scale=across)
    y = alt.Y("y:Q", axis=None, scale=up)
    colour = alt.Color("label:N", scale=scale, legend=None)
    hulls = (
        alt.Chart(edges)
        .mark_line(interpolate="linear-closed", filled=True, fillOpacity=0.15, strokeWidth=1)
        .encode(x, y, colour, order="order:Q")
    )
    points = alt.Chart(dots).mark_circle(size=22, opacity=0.8).encode(x, y, colour)
    return alt.layer(hulls, points)


def line(ends: np.ndarray, **mark: object) -> alt.Chart:
    """Draw a line through some points."""
    table = pd.DataFrame({"x": ends[:, 0], "y": ends[:, 1], "order": range(len(ends))})
    return alt.Chart(table).mark_line(**mark).encode(x="x:Q", y="y:Q", order="order:Q")


def nearest_points() -> alt.LayerChart:
    """Draw two disjoint hulls, their nearest points, and the slab between them."""
    A, B = two_labels(4.2)
    found = separation(A, B)
    along = np.array([-found.normal[1], found.normal[0]])
    layers = [hull_layer({"A": A, "B": B}, COLOURS[:2])]
    for point in found.points:
        ends = np.stack([point - 2.3 * along, point + 2.3 * along])
        layers.append(line(ends, color="#777", strokeDash=[4, 3], strokeWidth=1))
    middle = found.points.mean(axis=0)
    layers.append(
        line(np.stack([middle - 2.3 * along, middle + 2.3 * along]), color="#222", strokeWidth=1)
    )
    layers.append(line(found.points, color="#222", strokeWidth=3))
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def both_bounds() -> alt.LayerChart:
    """Draw what every direction proves from below, and some pairs of points from above."""
    A, B = two_labels(4.2)
    found = separation(A, B)
    right = np.degrees(np.arctan2(found.normal[1], found.normal[0])) % 360
    angles = np.linspace(right - 60, right + 60, 241)
    normals = np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))])
    gaps = np.maximum((A @ normals).min(axis=0) - (B @ normals).max(axis=0), 0)
    below = pd.DataFrame({"angle": angles - right, "value": gaps})
    random = np.random.default_rng(0)
    weights = [random.dirichlet(np.full(24, 0.02), size=160) for _ in range(2)]
    difference = weights[0] @ A - weights[1] @ B
    above = pd.DataFrame(
        {
            "angle": np.degrees(np.arctan2(difference[:, 1], difference[:, 0])) % 360 - right,
            "value": np.linalg.norm(difference, axis=1),
        }
    ).query("abs(angle) <= 60")
    x = alt.X("angle:Q", title="direction, degrees from the best one")
    y = alt.Y("value:Q", title="bound on the distance")
    rule = alt.Chart(pd.DataFrame({"value": [found.distance]})).mark_rule(strokeDash=[4, 3])
    return alt.layer(
        alt.Chart(below).mark_line(color=COLOURS[0]).encode(x, y),
        alt.Chart(above).mark_circle(color=COLOURS[1], size=22).encode(x, y),
        rule.encode(y=y),
    ).properties(width=WIDTH, height=HEIGHT)


def overlap() -> alt.LayerChart:
    """Draw two hulls that meet, and the one point that both supports give."""
    A, B = two_labels(2.2)
    found = separation(A, B)
    layers = [hull_layer({"A": A, "B": B}, COLOURS[:2])]
    for points, support, colour in (
        (A, found.support_a, COLOURS[0]),
        (B, found.support_b, COLOURS[1]),
    ):
        carrying = corners(points[support])
        closed = np.concatenate([carrying, carrying[:1]])
        layers.append(line(closed, color=colour, strokeWidth=2))
    point = pd.DataFrame(found.points[:1], columns=["x", "y"])
    layers.append(
        alt.Chart(point)
        .mark_point(size=140, color="#222", shape="cross", filled=True)
        .encode(x="x:Q", y="y:Q")
    )
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def clusters() -> alt.LayerChart:
    """Draw the clusters of a representation that is not linear."""
    random = np.random.default_rng(5)
    angle = random.uniform(0, 2 * np.pi, 60)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * random.uniform(2.4, 3.0, (60, 1))
    core = random.normal(size=(25, 2)) * 0.45
    aside = random.normal(size=(20, 2)) * 0.4 + [5.0, 0.6]
    X = np.concatenate([ring, core, aside])
    y = np.repeat(["ring", "core", "aside"], [60, 25, 20])
    probe = DirectProbe().fit(X, y)
    place = dict(zip(["ring", "core", "aside"], COLOURS, strict=True))
    sets = {f"{c:02d}": X[probe.labels_ == c] for c in range(probe.n_clusters_)}
    colours = [place[str(label)] for label in probe.cluster_classes_]
    return hull_layer(sets, colours).properties(width=WIDTH, height=HEIGHT)


def capacity() -> alt.Chart:
    """Draw how likely random vectors of two labels are linear."""
    rows = [
        {
            "n": n,
            "features": str(d),
            "sizes": f"1 : {ratio}",
            "probability": separable_probability(n // (1 + ratio) + 1, n * ratio // (1 + ratio), d),
        }
        for d in (128, 768)
        for ratio in (1, 10, 100)
        for n in np.unique(np.geomspace(50, 40_000, 120).round().astype(int)).tolist()
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_line()
        .encode(
            alt.X("n:Q", title="examples of the two labels together", scale=alt.Scale(type="log")),
            alt.Y("probability:Q", title="probability that random vectors are linear"),
            alt.Color("features:N", sort=["128", "768"]),
            alt.StrokeDash("sizes:N", title="sizes of the labels"),
        )
        .properties(width=WIDTH, height=HEIGHT)
    )


def noise() -> alt.HConcatChart:
    """Draw the separations of two spaces of noise against each other, as they are and corrected."""
    sizes = np.maximum(4, (90 / np.arange(1, 13)).round().astype(int))
    y = np.repeat(np.arange(len(sizes)), sizes)
    spaces = np.random.default_rng(4).normal(size=(2, len(y), 96))
    measured = [separations(X, y, rtol=1e-3) for X in spaces]
    plain = np.array([found.distance for found in measured])
    left = [
        without_sizes(found.distance, by_label_sizes(found, X))
        for found, X in zip(measured, spaces, strict=True)
    ]

    def chart(both: np.ndarray, what: str) -> alt.Chart:
        points = pd.DataFrame({"x": both[0], "y": both[1]})
        r = np.corrcoef(*both)[0, 1]
        return (
            alt.Chart(points, title=f"{what}: r = {r:.2f}")
            .mark_circle(size=34, color=COLOURS[0], opacity=0.7)
            .encode(
                alt.X("x:Q", title="in one space of noise", scale=alt.Scale(zero=False)),
                alt.Y("y:Q", title="in another", scale=alt.Scale(zero=False)),
            )
            .properties(width=WIDTH * 0.65, height=HEIGHT * 0.8)
        )

    return alt.hconcat(chart(plain, "separations"), chart(np.array(left), "without sizes"))


def power() -> alt.FacetChart:
    """Draw how often two spaces are called similar, by what they share (similarity.csv)."""
    table = pd.read_csv(HERE.parent / "similarity.csv", dtype={"shared": str})
    table["panel"] = table["sizes"] + " sizes, " + table["labels"].astype(str) + " labels"
    measures = ["r > 0.5", "r, exchanged names", "beyond sizes"]
    lines = (
        alt.Chart()
        .mark_line(point=True)
        .encode(
            alt.X(
                "shared:N",
                title="share of the label structure in common",
                sort=["noise", "0", "0.25", "0.5", "0.75", "1"],
                axis=alt.Axis(labelAngle=0),
            ),
            alt.Y("called:Q", title="called similar", axis=alt.Axis(format="%")),
            alt.Color("measure:N", sort=measures, scale=alt.Scale(domain=measures, range=COLOURS)),
        )
    )
    mark = alt.Chart().mark_rule(strokeDash=[3, 3], color="#888").encode(y=alt.datum(0.05))
    layered = alt.layer(lines, mark, data=table).properties(width=230, height=170)
    return layered.facet(alt.Facet("panel:N", title=None), columns=2)


def dimension() -> alt.Chart:
    """Draw how many clusters random vectors of four labels have, by their number of features."""
    labels = np.repeat(list("abcd"), 30)
    rows = []
    for features in (2, 4, 8, 16, 24, 32, 48, 64, 96):
        for draw in range(3):
            X = np.random.default_rng((features, draw)).normal(size=(len(labels), features))
            found = DirectProbe().fit(X, labels).n_clusters_
            rows.append({"features": features, "clusters": found, "draw": draw})
    x = alt.X("features:Q", title="features", scale=alt.Scale(type="log", base=2))
    y = alt.Y("clusters:Q", title="clusters of random vectors")
    labels_too = alt.Chart(pd.DataFrame({"clusters": [4]})).mark_rule(strokeDash=[4, 3])
    return alt.layer(
        labels_too.encode(y=y),
        alt.Chart(pd.DataFrame(rows)).mark_circle(size=50, color=COLOURS[0]).encode(x, y),
    ).properties(width=WIDTH, height=HEIGHT)


def two_clouds(random: np.random.Generator, n: int, gap: float = 8.0) -> np.ndarray:
    """Draw two labels of `n` points in ten dimensions whose means are `gap` apart."""
    X = random.normal(size=(2 * n, 10))
    X[n:, 0] += gap
    return X


def scale() -> alt.Chart:
    """Draw distances in a space that grows as a whole, as they are and by its spread."""
    random = np.random.default_rng(0)
    X, y = two_clouds(random, 60), np.repeat(["a", "b"], 60)
    rows = []
    for factor in np.linspace(1, 3, 9):
        found = separation(factor * X[:60], factor * X[60:])
        for what, value in (
            ("separation", found.distance),
            ("separation by spread", found.distance / spread(factor * X, y).total),
        ):
            rows.append({"factor": factor, "value": value, "what": what})
    table = pd.DataFrame(rows)
    first = table.groupby("what")["value"].transform("first")
    table["value"] /= first
    return (
        alt.Chart(table)
        .mark_line(point=True)
        .encode(
            alt.X("factor:Q", title="every vector times", scale=alt.Scale(zero=False)),
            alt.Y("value:Q", title="change of the value, 1 = at first"),
            alt.Color("what:N", title=None, scale=alt.Scale(range=COLOURS)),
        )
        .properties(width=WIDTH, height=HEIGHT)
    )


def wrong_labels() -> alt.Chart:
    """Draw the separation of two labels by how many examples have the other's label."""
    rows = []
    for draw in range(12):
        random = np.random.default_rng(draw)
        X = two_clouds(random, 100)
        order = random.permutation(100)
        for wrong in range(5):
            is_b = np.repeat([False, True], 100)
            is_b[order[:wrong]] = True
            found = separation(X[~is_b], X[is_b])
            rows.append({"wrong": wrong, "separation": found.distance, "draw": draw})
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_circle(size=50, opacity=0.6, color=COLOURS[1])
        .encode(
            alt.X("wrong:O", title="wrong labels among 200", axis=alt.Axis(labelAngle=0)),
            alt.Y("separation:Q", title="separation of the two labels"),
        )
        .properties(width=WIDTH, height=HEIGHT)
    )


def seeds() -> alt.Chart:
    """Draw accuracies of one classifier probe by its restart and by the test examples it gets."""
    random = np.random.default_rng(1)
    X = random.normal(size=(400, 10))
    y = np.where(X[:, 0] + 1.2 * random.normal(size=400) > 0, "a", "b")
    rows = []
    for draw in range(20):
        order = np.random.default_rng((2, draw)).permutation(400)
        train, test = order[:200], order[200:280]
        accuracy = LinearProbe("quick").fit(X[train], y[train]).score(X[test], y[test])
        rows.append({"draw": draw + 1, "accuracy": accuracy})
    table = pd.DataFrame(rows).sort_values("accuracy").assign(place=range(1, 21))
    return (
        alt.Chart(table)
        .mark_circle(size=60, color=COLOURS[0])
        .encode(
            alt.X("place:O", title="draws of the same data, sorted", axis=alt.Axis(labelAngle=0)),
            alt.Y(
                "accuracy:Q",
                title="accuracy on 80 test examples",
                axis=alt.Axis(format="%"),
                scale=alt.Scale(zero=False),
            ),
        )
        .properties(width=WIDTH, height=HEIGHT)
    )


def rare_labels() -> alt.Chart:
    """Draw the separation of two labels of one kind each by how many examples there are."""
    rows = [
        {
            "n": n,
            "separation": separation(X[:n], X[n:]).distance,
        }
        for n in (3, 5, 10, 20, 50, 100, 200, 500)
        for draw in range(8)
        for X in (two_clouds(np.random.default_rng((n, draw)), n),)
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_circle(size=50, opacity=0.6, color=COLOURS[2])
        .encode(
            alt.X("n:Q", title="examples of each label", scale=alt.Scale(type="log")),
            alt.Y("separation:Q", title="separation of the same two labels"),
        )
        .properties(width=WIDTH, height=HEIGHT)
    )


PICTURES = {
    "nearest-points": nearest_points,
    "bounds": both_bounds,
    "overlap": overlap,
    "clusters": clusters,
    "capacity": capacity,
    "noise": noise,
    "power": power,
    "dimension": dimension,
    "scale": scale,
    "wrong-labels": wrong_labels,
    "seeds": seeds,
    "rare-labels": rare_labels,
}


def main(folder: Path = HERE) -> None:
    """Write every picture as SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        draw().configure_view(stroke=None).save(folder / f"{name}.svg")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
