"""The space in motion as a GIF, for a talk or a README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tunescope.extras import needed_for
from tunescope.reports.figures.base import PALE, PALETTE
from tunescope.reports.space import Space
from tunescope.storage import replacing

SIDE = (560, 400)
FRAMES = 7
"""Pictures from one update to the next."""
STILL, BETWEEN = 900, 60
"""Milliseconds that an update stands still, and of each picture on the way."""
FONTS = ("LiberationSans-Regular.ttf", "DejaVuSans.ttf", "Arial.ttf")


def gif(space: Space, path: Path, *, title: str = "", layer: int | None = None) -> Path:
    """Draw every update of a layer and the way between them.

    Parameters
    ----------
    space : the examples.
    path : of the file, which is whole or absent.
    title : a line above.
    layer : the last one by default.

    Raises
    ------
    MissingError : if Pillow is not installed.
    """
    with needed_for("a GIF"):
        from PIL import Image, ImageDraw, ImageFont
    seed, layer = space.seeds[0], space.layers[-1] if layer is None else layer
    spots = _in_pixels(space.points(seed, layer, 0))
    font = _font(ImageFont)
    frames, durations = [], []
    for step, update in enumerate(space.updates):
        ways = np.linspace(0, 1, FRAMES + 1)[1:] if step else [1.0]
        for share in ways:
            eased = share * share * (3 - 2 * share)
            before = spots[max(step - 1, 0)]
            now = before + (spots[step] - before) * eased
            image = Image.new("RGB", SIDE, "white")
            said = f"{title}   layer {layer}, update {update:,}".strip()
            _draw(ImageDraw.Draw(image), space, now, said, font)
            frames.append(image.quantize(64))
            durations.append(STILL if share == 1.0 else BETWEEN)
    durations[-1] = 2 * STILL
    with replacing(path) as part:
        frames[0].save(
            part,
            format="GIF",
            save_all=True,
            append_images=frames[1:],
            duration=durations,
            loop=0,
            optimize=True,
        )
    return path


def _font(fonts: Any) -> Any:
    for name in FONTS:
        try:
            return fonts.truetype(name, 13)
        except OSError:
            continue
    return fonts.load_default()


def _in_pixels(points: np.ndarray) -> np.ndarray:
    """Fit all updates into the picture with one scale for both axes."""
    low, high = points.reshape(-1, 2).min(axis=0), points.reshape(-1, 2).max(axis=0)
    space = np.array(SIDE) - [40, 70]
    scale = float((space / np.maximum(high - low, 1e-12)).min())
    middle = (points - (low + high) / 2) * scale * [1, -1]
    return np.asarray(middle + np.array(SIDE) / 2 + [0, 10])


def _draw(pen: Any, space: Space, spots: np.ndarray, said: str, font: Any) -> None:
    labels = space.examples["label"].to_numpy()
    slots = {label: i for i, label in enumerate(space.picked)}
    order = np.argsort([label in slots for label in labels], kind="stable")
    for i in order:
        x, y = spots[i]
        slot = slots.get(labels[i])
        if slot is None:
            pen.ellipse((x - 1.8, y - 1.8, x + 1.8, y + 1.8), fill=PALE)
        else:
            _mark(pen, x, y, slot)
    for label in slots:
        x, y = np.median(spots[labels == label], axis=0)
        pen.text(
            (x, y - 12), str(label)[:28], "black", font, "mm", stroke_width=3, stroke_fill="white"
        )
    pen.text((14, 12), said, "black", font)


def _mark(pen: Any, x: float, y: float, slot: int, r: float = 3.2) -> None:
    """A dot in the colour and one of four shapes of its slot."""
    shapes = (
        None,
        ((0, -1.4), (1.2, 0), (0, 1.4), (-1.2, 0)),
        ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        ((0, -1.3), (1.2, 1), (-1.2, 1)),
    )
    colour, corners = PALETTE[slot % len(PALETTE)], shapes[slot % len(shapes)]
    if corners is None:
        pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    else:
        pen.polygon([(x + r * across, y + r * down) for across, down in corners], fill=colour)
