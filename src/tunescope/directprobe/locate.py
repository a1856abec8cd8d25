"""Where the data of a published result lie.

``config.ini`` says which data the results are of; without it, ``log.txt`` names the files that
were read; without that, the usual layout is looked for::

    entities/train.txt  entities/test.txt  labels/tags.txt  embeddings/**/train/**/*.txt  ...
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from pathlib import Path

from tunescope.directprobe.lines import numbered_lines
from tunescope.errors import InputError

SPLITS = ("train", "test")
REFERENCE = re.compile(r"\$\{(?:([^:{}]*):)?([^:{}]*)\}")
DEEPEST = 10
LONGEST = 4096
"""Characters of a path, at most."""
LOG_PATH = re.compile(r"(?:Load entities|Loading embeddings) from (.+)")


def locate(
    folder: Path,
    *,
    data: Path | None = None,
    config: Path | None = None,
    embeddings: str | None = None,
) -> dict[str, Path]:
    """Find the files of data that results are of.

    Returns
    -------
    dict
        Those of ``labels``, ``train entities``, ``train embeddings``, ``test entities`` and
        ``test embeddings`` that were found. The parameters are those of `read_folder`.
    """
    if data is not None and not data.is_dir():
        raise InputError(f"{data}: no such folder; expected the folder of the data")
    if config is not None and not config.is_file():
        raise InputError(f"{config}: no such file; expected the config.ini of the results")
    places: dict[str, Path] = {}
    if config is None and (folder / "config.ini").is_file():
        config = folder / "config.ini"
    if config is not None:
        places = _existing(_named_by_config(config), config.parent)
    elif data is None and (folder / "log.txt").is_file():
        places = _existing(_named_by_log(folder / "log.txt"), folder)
    if data is not None or embeddings is not None or not places:
        places |= _in_layout(data or folder, embeddings)
    return places


def _existing(named: Mapping[str, str], start: Path) -> dict[str, Path]:
    """Look for each file in a folder and in those above it."""
    places = {}
    start = start.absolute()
    for what, name in named.items():
        candidates = (above / name for above in (start, *start.parents))
        path = next((path for path in candidates if _is_file(path)), None)
        if path is not None:
            places[what] = path
    return places


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # no name that a file could have
        return False


def _named_by_config(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    keys = {
        "label_set_path": "labels",
        "entities_path": "train entities",
        "embeddings_path": "train embeddings",
        "test_entities_path": "test entities",
        "test_embeddings_path": "test embeddings",
    }
    try:
        parser.read_string(path.read_text(encoding="utf-8"), source=str(path))
        section = parser["data"]
        named = {key: _filled_in(parser, "data", section[key]) for key in keys if key in section}
    except OSError as error:
        raise InputError(f"{path}: cannot read it: {error.strerror or error}") from None
    except (configparser.Error, KeyError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a config.ini with a section [data]: {reason}") from None
    return {what: named[key] for key, what in keys.items() if named.get(key)}


def _filled_in(
    parser: configparser.RawConfigParser, section: str, text: str, depth: int = 0
) -> str:
    """Put values for ``${key}`` and ``${section:key}``, as configparser does, but to a bound.

    A few lines could name each other to a text that no memory holds.
    """

    def value(found: re.Match[str]) -> str:
        where = found[1] or section
        return _filled_in(parser, where, parser[where][found[2]], depth + 1)

    if depth > DEEPEST or len(text) > LONGEST:
        raise ValueError(f"a value that is named in more than {DEEPEST} steps, or too long")
    whole, end = "", 0
    for found in REFERENCE.finditer(text):
        whole += text[end : found.start()] + value(found)
        end = found.end()
        if len(whole) > LONGEST:
            raise ValueError(f"a value of more than {LONGEST} characters")
    return whole + text[end:]


def _named_by_log(path: Path) -> dict[str, str]:
    """Take the first entities and embeddings as those of train, the last others as of test."""
    named: dict[str, str] = {}
    for _, line in numbered_lines(path):
        if found := LOG_PATH.search(line):
            what = "entities" if "Load entities" in line else "embeddings"
            train = named.setdefault(f"train {what}", found[1])
            if found[1] != train:
                named[f"test {what}"] = found[1]
    return named


def _in_layout(data: Path, embeddings: str | None) -> dict[str, Path]:
    places = {}
    labels = sorted((data / "labels").glob("*.txt"))
    if len(labels) == 1:
        places["labels"] = labels[0]
    for split in SPLITS:
        entities = data / "entities" / f"{split}.txt"
        if entities.is_file():
            places[f"{split} entities"] = entities
        vectors = _embeddings(data / "embeddings", split, embeddings)
        if vectors is not None:
            places[f"{split} embeddings"] = vectors
    return places


def _embeddings(folder: Path, split: str, wanted: str | None) -> Path | None:
    if wanted is not None:
        path = folder / wanted.replace("{split}", split)
        if not path.is_file() and (split == "train" or "{split}" not in wanted):
            raise InputError(f"{path}: no such file; name one of {folder} with {{split}} in it")
        return path if path.is_file() else None
    candidates = sorted({*folder.glob(f"{split}.txt"), *folder.glob(f"**/{split}/**/*.txt")})
    if len(candidates) > 1:
        listed = ", ".join(str(path.relative_to(folder)) for path in candidates[:4])
        raise InputError(
            f"{folder}: {len(candidates)} files of embeddings for {split} ({listed}, …); "
            "say which, e.g. layers/{split}/12.txt"
        )
    return candidates[0] if candidates else None
