"""The figures of a report, and their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tunescope.reports.figures import (
    accuracy,
    centroids,
    clusters,
    data_map,
    heat,
    minimum_distances,
    similarity,
    training,
)
from tunescope.reports.figures.base import CONFIG, Absent, Control, Figure, complete
from tunescope.reports.panels import Panel
from tunescope.storage import replacing

__all__ = ["CONFIG", "FIGURES", "Absent", "Control", "Figure", "complete", "draw", "save"]

FIGURES: dict[str, Callable[[Panel], Figure | Absent]] = {
    "accuracy": accuracy.figure,
    "training": training.figure,
    "clusters": clusters.figure,
    "minimum_distances": minimum_distances.figure,
    "growth": heat.growth,
    "with_original": similarity.with_original,
    "train_test": similarity.train_test,
    "paths": centroids.paths,
    "displacement": heat.displacement,
    "movements": centroids.movements,
    "data_map": data_map.figure,
}
"""Every figure by the name under which the page knows it, in the page's order."""

FORMATS = ("pdf", "svg", "png")


def draw(panel: Panel) -> dict[str, Figure | Absent]:
    """Make every figure of a panel, or say why it is not there."""
    return {name: make(panel) for name, make in FIGURES.items()}


def save(figure: Figure, stem: Path, *, title: str = "") -> list[Path]:
    """Write a figure as PDF, SVG and PNG, without a browser.

    Parameters
    ----------
    figure : what to draw.
    stem : path of the files without their ending.
    title : a line above the figure, such as the task's and model's names.

    Returns
    -------
    paths : the files, each whole.
    """
    import vl_convert

    spec = complete(figure.print_spec, figure.rows)
    spec["title"] = {"text": figure.title, "subtitle": title} if title else figure.title
    stem.parent.mkdir(parents=True, exist_ok=True)
    svg = vl_convert.vegalite_to_svg(spec, vl_version=vegalite_version())
    made = []
    for ending in FORMATS:
        path = stem.with_name(f"{stem.name}.{ending}")
        if ending == "png":
            content = vl_convert.svg_to_png(svg, scale=2)
        elif ending == "pdf":
            content = vl_convert.svg_to_pdf(svg)
        else:
            content = svg.encode("utf-8")
        with replacing(path) as part:
            part.write_bytes(content)
        made.append(path)
    return made


def vegalite_version() -> str:
    """The version of Vega-Lite that the installed Altair writes, as the converter names it.

    Raises
    ------
    RuntimeError : if the converter is too old for the installed Altair.
    """
    import altair
    import vl_convert

    wanted = ".".join(altair.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    if wanted in vl_convert.get_vegalite_versions():
        return wanted
    major = wanted.split(".", maxsplit=1)[0]
    same = [v for v in vl_convert.get_vegalite_versions() if v.split(".")[0] == major]
    if not same:
        raise RuntimeError(
            f"the installed vl-convert-python knows no Vega-Lite {major}; upgrade it"
        )
    return str(same[-1])
