"""The LaTeX is well-formed: balanced, as many cells as columns, nothing left unescaped."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from frames import tables as framed

from tunescope.paper.latex import escape, longtable
from tunescope.paper.page import render
from tunescope.paper.writing import _extra, write

pytestmark = pytest.mark.slow

HOSTILE = ["50 % & more", r"a\b{c}", "p.`$", "_^~#", "<|>", "…–’“→±", 'say "x"', "中 é\n\tz"]


def check(text: str) -> None:
    """Refuse what LaTeX would: unbalanced braces or environments, cells out of columns."""
    plain = re.sub(r"\\[\\{}&%$#_]", "", text)
    depth = 0
    for character in plain:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    stack = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert not stack
    assert plain.count("$") % 2 == 0
    for table in re.findall(r"\\begin\{longtable\}(.*?)\\end\{longtable\}", text, re.S):
        columns = re.sub(r"p\{[^}]*\}", "p", table.split("\n")[0])
        n_columns = len(re.findall(r"[lrp]", columns))
        for line in table.split("\n"):
            if line.endswith(r" \\"):
                assert len(re.findall(r"(?<!\\)&", line)) == n_columns - 1, line


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_can_be_set(text: str) -> None:
    made = escape(text)
    check(made)
    assert not re.search(r"(?<!\\)[%#&_]", made)
    assert all(character.isprintable() for character in made)


def test_a_table_of_hostile_texts() -> None:
    made = longtable(["a", "b_c"], [HOSTILE[:2], HOSTILE[2:4]], caption="50 %", align="lr")
    check(made)
    assert made.count(r"\\") >= 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, make_run: Callable) -> Path:
    run = make_run(
        {"pos": ["INTJ", "SYM", "p.`$", "a_b", "x%"], "trec-50": ["A", "B", "C"]},
        ("minilm",),
        (0, 1),
    )
    out = tmp_path_factory.mktemp("run") / "paper"
    tables = dict(run.tables)
    tables |= framed(
        cluster_members=[
            {"model": "minilm", "task": "trec-50", "seed": seed, "stage": "original"}
            | {"update": 0, "layer": 6, "split": "train", "label": "A", "cluster": 1}
            | {"cluster_size": 1, "kind": "contradiction", "collides_with": "B"}
            | {"text": "What is 50 % of $ 9 ?", "place": "trec:1"}
            | {"collides_text": "What is 50 % of $ 9 ?", "collides_place": "trec:2"}
            for seed in (0, 1)
        ]
    )
    write(out, tables=tables, record=run.record)
    return out


def test_every_file_is_there_or_its_absence_explained(folder: Path) -> None:
    contents = pd.read_csv(folder / "contents.csv", keep_default_na=False).set_index("name")
    wanted = [f"table-{n}" for n in range(1, 8)] + [f"figure-{n}" for n in range(2, 11)]
    for name in wanted:
        endings = ("csv", "tex") if name.startswith("table") else ("pdf", "svg", "png")
        there = [(folder / f"{name}.{ending}").exists() for ending in endings]
        assert all(there) or not any(there)
        entry = contents.loc[name]
        assert bool(entry["caption"]) == all(there)
        assert bool(entry["absent_because"]) != all(there)
    assert all(contents.loc[f"figure-{n}", "caption"] for n in range(2, 8))


def test_what_an_earlier_call_left_is_removed(make_run: Callable, tmp_path: Path) -> None:
    run = make_run({"pos": ["A", "B", "C"]}, ("minilm",), (0,))
    (tmp_path / "figure-8.pdf").touch()
    (tmp_path / "my-figure-8.pdf").touch()
    made = write(tmp_path, tables=run.tables, record=run.record)
    assert sorted(tmp_path.iterdir()) == sorted([*made, tmp_path / "my-figure-8.pdf"])


def test_the_clusters_beyond_the_labels_are_named_by_their_questions(folder: Path) -> None:
    table = pd.read_csv(folder / "extra-clusters.csv")
    assert table[["stage", "text", "kind"]].to_numpy().tolist() == [
        ["original", "What is 50 % of $ 9 ?", "contradiction"]
    ]


EXTRA_CLUSTER = {"model": "m", "task": "t", "label": "A", "cluster": 1, "cluster_size": 1}
EXTRA_CLUSTER |= {"kind": "region", "collides_with": "B", "text": "text", "place": "file:1"}


def test_extra_clusters_name_their_seed_and_protocol_where_there_are_several() -> None:
    stages = [("original", 0), ("tuned", 0), ("tuned", 1)]
    rows = pd.DataFrame([{**EXTRA_CLUSTER, "stage": stage, "seed": s} for stage, s in stages])
    runs = pd.DataFrame({"models": ["m"]})
    names = ["section", "finding", "verdict", "numbers", "rule", "protocol"]
    judged = pd.DataFrame([dict.fromkeys(names, "holds")])

    def page(extra: pd.DataFrame) -> str:
        made = render(judged, [], extra, {}, {}, runs).split("Clusters beyond the labels", 1)[1]
        return " ".join(made.split())

    assert '<th scope="col">seed</th>' in page(rows)
    assert "<td>1</td> <td>tuned</td>" in page(rows).replace("</td><td>", "</td> <td>")
    assert "seed" not in page(rows.head(2)).partition("</table>")[0]
    assert "t, m, seed 1 & tuned" in _extra(rows)
    assert "t, m & original" in _extra(rows)
    protocols = rows.assign(protocol="3 epochs")
    assert "<td>3 epochs</td>" in page(protocols)
    assert "t, m, 3 epochs, seed 0 & tuned" in _extra(protocols)


def test_the_page_shows_every_figure_and_leaves_texts_as_they_are(folder: Path) -> None:
    page = (folder / "index.html").read_text()
    for name in re.findall(r'<img class="paper" src="(.*?)"', page):
        assert (folder / name).exists()
    assert page.count("<img") == len(list(folder.glob("figure-*.svg")))
    assert "What is 50 % of $ 9 ?" in page
    assert 'select name="theme"' in page  # the design of every page
    assert 'class="numbers"' in page
    assert "&lt;" in render_hostile()
    assert "<b>" not in render_hostile()


def render_hostile() -> str:
    from tunescope.paper.page import render

    row = {"section": "4", "finding": "<b>", "verdict": "does not hold", "numbers": "1"}
    row |= {"rule": "r", "protocol": ""}
    return render(pd.DataFrame([row]), [], None, {}, {"x": "<b>"}, pd.DataFrame({"<b>": ["<b>"]}))


def test_every_latex_file_is_well_formed(folder: Path) -> None:
    document = (folder / "paper.tex").read_text()
    check(document)
    for name in re.findall(r"\\input\{(.*?)\}", document):
        check((folder / name).read_text())
    for name in re.findall(r"\\includegraphics\[[^]]*\]\{(.*?)\}", document):
        assert (folder / name).exists()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_document_compiles_without_a_warning(folder: Path) -> None:
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    for _ in range(3):  # the widths of long tables settle
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
    assert not [line for line in done.stdout.splitlines() if "warning" in line.lower()]
