"""The command `verify`, on a small result that is right and one that is not."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from tunescope.cli.verify import verify
from tunescope.directprobe import write_data, write_results
from tunescope.errors import InputError
from tunescope.geometry import DirectProbe

app = typer.Typer()
app.command()(verify)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    vectors = np.array([[0.0, 0], [1, 0], [0, 3], [1, 3], [7, 0], [7, 3]])
    labels = np.array(list("aabbcc"))
    folder = tmp_path / "published"
    write_data(folder, (vectors, labels), (vectors + 0.25, labels))
    write_results(folder, DirectProbe().fit(vectors, labels), (vectors + 0.25, labels))
    return folder


def spoil(folder: Path) -> None:
    path = folder / "dis.txt"
    path.write_text(path.read_text().replace("3.0000", "0.0000"))


def test_a_result_that_holds_ends_with_0(published: Path) -> None:
    told = CliRunner().invoke(app, [str(published), "--quiet"])
    assert told.exit_code == 0, told.output
    assert "3 clusters of 3 labels, 6 examples of 2 features" in told.stdout
    assert "3 of 3 separations are right" in told.stdout
    assert "Nothing is proven to be wrong." in told.stdout


def test_a_result_that_does_not_hold_ends_with_1_and_is_told_why(published: Path) -> None:
    spoil(published)
    told = CliRunner().invoke(app, [str(published), "--quiet"])
    assert told.exit_code == 1
    assert "2 of 3 separations are right, 1 wrong" in told.stdout
    assert "dis.txt:1" in told.stdout
    assert "The result does not hold." in told.stdout


def test_json_is_json_and_has_every_finding(published: Path) -> None:
    spoil(published)
    told = CliRunner().invoke(app, [str(published), "--json"])
    result = json.loads(told.stdout)
    assert result["holds"] is False
    assert [issue["kind"] for issue in result["issues"]] == ["zero"]
    assert result["issues"][0]["line"] == 1
    assert result["issues"][0]["lower"] == pytest.approx(3)
    assert result["counts"]["n_separations_wrong"] == 1


@pytest.mark.parametrize("number", ["inf", "1e400", "nan", "0e400"])
def test_a_distance_that_is_no_number_is_wrong_and_json_is_json(
    number: str, published: Path
) -> None:
    path = published / "dis.txt"
    path.write_text(path.read_text().replace("3.0000", number))
    told = CliRunner().invoke(app, [str(published), "--json"])
    assert told.exit_code == 1
    result = json.loads(told.stdout, parse_constant=pytest.fail)
    assert result["counts"]["n_separations_wrong"] == (number != "nan")
    kind = {"0e400": "zero", "nan": "number"}.get(number, "distance")
    (issue,) = [issue for issue in result["issues"] if issue["kind"] == kind]
    assert issue["published"] == {"nan": None, "0e400": 0.0}.get(number, "inf")


def test_out_holds_tables_and_certificates(published: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert CliRunner().invoke(app, [str(published), "--out", str(out), "-q"]).exit_code == 0
    assert {path.name for path in out.iterdir()} == {
        "issues.parquet",
        "separations.parquet",
        "predictions.parquet",
        "summary.json",
        "certificates.npz",
    }


def test_an_out_that_is_there_is_refused(published: Path) -> None:
    told = CliRunner().invoke(app, [str(published), "--out", str(published)])
    assert isinstance(told.exception, InputError)
    assert "exists already" in str(told.exception)


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, [str(tmp_path)])
    assert isinstance(told.exception, InputError)
    assert "holds no results" in str(told.exception)


def test_what_could_not_be_checked_is_said(published: Path) -> None:
    (published / "embeddings" / "train.txt").unlink()
    told = CliRunner().invoke(app, [str(published), "--quiet"])
    assert told.exit_code == 0
    assert "Not checked: everything that takes the vectors" in told.stdout
    assert "Nothing is proven to be wrong in what was checked." in told.stdout


def test_what_was_never_published_is_not_called_right(published: Path) -> None:
    path = published / "dis.txt"
    _, *others = path.read_text().splitlines(keepends=True)
    path.write_text("".join(others))
    told = CliRunner().invoke(app, [str(published), "--quiet"])
    assert "2 of 3 separations are right, 0 wrong, 0 of hulls that meet, 1 not published" in (
        told.stdout
    )
    assert told.exit_code == 1
    path.unlink()
    told = CliRunner().invoke(app, [str(published), "--quiet"])
    assert "0 of 3 separations are right, 0 wrong, 0 of hulls that meet, 3 not published" in (
        told.stdout
    )
    assert "Not checked: the separations of clusters: there is no dis.txt" in told.stdout
    assert "Nothing is proven to be wrong in what was checked." in told.stdout


def test_a_finding_without_a_line_is_placed_by_its_file(published: Path) -> None:
    path = published / "clusters.txt"
    path.write_text(path.read_text() + "0\n")
    told = CliRunner().invoke(app, [str(published), "--quiet"])
    row = next(line for line in told.stdout.splitlines() if "7 train examples" in line)
    assert row.split()[:2] == ["wrong", "clusters.txt"]
