"""One object holds what a run found: filters of its tables, its figures, its page, one line."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from questions import KINDS, checkpoint, questions, rows
from tiny_models import text_task, word_task

import tunescope as ts
from tunescope.errors import InputError

pytestmark = pytest.mark.slow

QUICK: dict[str, Any] = {"also": [], "device": "cpu"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("results")
    questions(made / "questions.csv")
    checkpoint(made / "base", kind="BertModel", seed=0)
    checkpoint(made / "tuned", labels=sorted(KINDS))
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> ts.Result:
    data = folder / "questions.csv"
    return ts.compare(folder / "base", folder / "tuned", data, trained_on="none", **QUICK)


def test_confusions_are_counts_whose_examples_can_be_read(found: ts.Result) -> None:
    for source in ("probe", "head"):
        matrix = found.confusions(source=source, split="train")
        assert matrix.to_numpy().sum() == 72
        assert list(matrix.index) == list(matrix.columns)
        given, predicted = matrix.stack().idxmax()
        behind = found.predictions(given=given, predicted=predicted, source=source, split="train")
        assert len(behind) == matrix.loc[given, predicted]
        assert behind["text"].str.startswith("the ").all()
        scores = found.scores(source=source, split="train").set_index("label")
        assert scores.loc[given, "n_right"] == matrix.loc[given, given]


def test_the_last_model_and_its_own_head_are_asked_first(found: ts.Result) -> None:
    pd.testing.assert_frame_equal(
        found.confusions(), found.confusions(stage="tuned", source="head", split="test")
    )
    with pytest.raises(InputError, match="source='head'; there is 'probe'"):
        found.confusions(stage="original", source="head")
    with pytest.raises(InputError, match="stage='between'; there is 'original', 'tuned'"):
        found.nearest_pairs(stage="between")
    with pytest.raises(InputError, match="model='bert'; there is"):
        found.suspects(model="bert")


def test_suspects_and_nearest_pairs_are_in_their_order(found: ts.Result) -> None:
    suspects = found.suspects()
    assert suspects["rank"].tolist() == list(range(1, len(suspects) + 1))
    assert found.nearest_pairs()["separation"].is_monotonic_increasing
    assert {"text", "given", "suggested"} <= set(suspects)


def test_figures_are_charts_by_name(found: ts.Result) -> None:
    assert "clusters" in dir(found.plot)
    assert found.plot.minimum_distances().to_dict()["$schema"].startswith("https://vega")
    with pytest.raises(InputError, match=r"[Tt]raining"):
        found.plot.training()
    with pytest.raises(AttributeError, match="did you mean 'clusters'"):
        found.plot.cluster()


def test_it_shows_itself_in_a_notebook_and_writes_its_page(
    found: ts.Result, tmp_path: Path
) -> None:
    shown = found._repr_html_()
    assert "Labels taken for others" in shown
    assert "was trained on none of these texts" in shown
    assert "<script" not in shown
    page = found.report(tmp_path / "page.html")
    assert page.read_text().startswith("<!")


def test_without_a_folder_it_lives_as_long_as_the_result(folder: Path) -> None:
    texts, labels = zip(*rows(30), strict=True)
    result = ts.inspect(folder / "tuned", (texts, labels), protocol="none", device="cpu")
    kept = result.folder
    assert kept.is_dir()
    del result
    assert not kept.exists()


def test_data_may_be_a_frame_lists_a_task_or_a_file_for_each_split(folder: Path) -> None:
    texts, labels = zip(*rows(60), strict=True)
    frame = pd.DataFrame({"Question": texts, "Category": labels})
    half = frame.assign(part=["train"] * 48 + ["test"] * 12)
    options: dict[str, Any] = {"protocol": "none", "device": "cpu"}
    model = folder / "base"
    of_frame = ts.inspect(model, frame, name="frame", limit=48, **options)
    assert of_frame.tables["separations"]["task"].unique().tolist() == ["frame"]
    assert any("sample of 48 of 60" in note for note in of_frame.notes)
    of_lists = ts.inspect(
        model, (texts[:48], labels[:48]), test=(texts[48:], labels[48:]), **options
    )
    by_column = ts.inspect(model, half, split_column="part", **options)
    columns = ["layer", "split", "label_a", "label_b", "separation"]
    pd.testing.assert_frame_equal(
        of_lists.tables["separations"][columns], by_column.tables["separations"][columns]
    )
    half[:48].to_csv(folder / "a.csv", index=False)
    half[48:].to_csv(folder / "b.csv", index=False)
    of_files = ts.inspect(
        model, folder / "a.csv", test=folder / "b.csv", trained_on="train", **options
    )
    pd.testing.assert_frame_equal(
        of_lists.tables["separations"][columns], of_files.tables["separations"][columns]
    )
    with pytest.raises(InputError, match="label: a Task has its columns"):
        ts.inspect(model, text_task(), label="x")


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ("nothing.csv", {}, "nothing.csv: no such file"),
        ((["a"], ["x", "y"]), {}, "1 texts and 2 labels"),
        (["a", "b"], {}, "data: a list of 2; expected .texts, labels."),
        (
            (["a", "b"], ["x", "y"]),
            {"onlong": "drop"},
            "unknown option 'onlong'; did you mean 'on_",
        ),
        ((["a", "b"], ["x", "y"]), {"on_long": "cut"}, "encoding.on_long: .*found 'cut'"),
        ((["a", "b"], ["x", "y"]), {"trained_on": "some"}, "trained_on: .*found 'some'"),
        ((["a", "b"], ["x", "y"]), {"limit": 0}, "limit: .*found 0"),
        ((["a", "b"], ["x", "y"]), {"revision": "main"}, "revision: is of a data set on the Hub"),
    ],
)
def test_what_is_not_right_is_said(
    folder: Path, data: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        ts.inspect(folder / "base", data, **options)


def test_everything_public_is_shown_on_one_line(found: ts.Result, folder: Path) -> None:
    encoder = ts.Encoder(str(folder / "base"))
    task = word_task((6, 4))
    vectors = encoder.encode(task)
    X, y = vectors["train"].layer(-1), vectors["train"].labels
    shown = [
        *(found, found.plot, task, task["train"], encoder, vectors, vectors["train"]),
        *(
            ts.separation(X[:3], X[3:6]),
            ts.separations(X, y),
            ts.spatial_similarity(vectors, vectors),
        ),
    ]
    for one in shown:
        text = repr(one)
        assert len(text.splitlines()) == 1, type(one)
        assert len(text) < 300, (type(one), len(text))


def test_pairs_of_texts_from_a_file_and_from_memory_give_the_same_tables(folder: Path) -> None:
    texts = [(text, f"a {word} of the cat") for text, word in rows(60)]
    labels = [kind for _, kind in rows(60)]
    lines = [f"{a}\t{b}\t{label}" for (a, b), label in zip(texts, labels, strict=True)]
    path = folder / "pairs.tsv"
    path.write_text("\n".join(["sentence1\tsentence2\tlabel", *lines]) + "\n")
    options = {**QUICK, "protocol": "none", "rank_suspects": False}
    of_file = ts.inspect(folder / "tuned", path, **options)
    of_lists = ts.inspect(folder / "tuned", (texts, labels), **options)
    assert of_file.tables["examples"]["text"].iloc[0].count(" ‖ ") == 1
    for name in ("separations", "predictions"):
        a, b = (found.tables[name].drop(columns="task") for found in (of_file, of_lists))
        pd.testing.assert_frame_equal(a, b)
