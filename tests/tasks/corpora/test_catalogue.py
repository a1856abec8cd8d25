import pytest

from tunescope.errors import InputError
from tunescope.tasks import load_task, task_names
from tunescope.tasks.corpora.catalogue import CATALOGUE
from tunescope.tasks.corpora.sources import CORPORA

TREE = "1\tDogs\tdog\tNOUN\t_\t_\t2\tnsubj\t_\t_\n2\tbark\tbark\tVERB\t_\t_\t0\troot\t_\t_\n"
PUD = "en_pud-ud-test.conllu"


@pytest.fixture
def trees():
    return "\n".join(TREE.replace("Dogs", f"Dogs{i}") for i in range(10))


def test_the_names_are_those_of_the_design():
    assert task_names() == (
        "pos",
        "dep",
        "ps-role",
        "ps-fxn",
        "trec-50",
        "trec-6",
        "demo-questions",
        "demo-pos",
        "demo-dep",
    )


def test_every_source_is_pinned_and_licensed():
    for source in CORPORA.values():
        assert source.licence
        for file in source.files:
            kind, _, digest = file.digest.partition(":")
            assert len(digest) == {"git": 40, "sha256": 64}[kind]
            assert source.url(file).startswith("https://")


def test_an_unknown_name_says_the_nearest():
    with pytest.raises(InputError, match="no task is called 'trec50'; did you mean 'trec-50'"):
        load_task("trec50")


def test_without_data_the_error_says_how_to_get_them(nowhere):
    with pytest.raises(InputError, match="tunescope data get dep") as caught:
        load_task("dep")
    assert PUD in str(caught.value)
    assert str(nowhere) in str(caught.value)


@pytest.mark.parametrize("place", [f"ud-english-pud-2.7/{PUD}", PUD])
def test_data_may_lie_in_folders_or_flat(write, nowhere, trees, tmp_path, place):
    write(f"data/{place}", trees)
    assert len(load_task("pos", data=tmp_path / "data")["train"]) == 16


@pytest.mark.parametrize("layout", ["{name}", "{split}/{name}", "streusle-4.2/{split}/{name}"])
def test_streusle_may_lie_as_it_is_published(write, nowhere, tmp_path, layout):
    for split in ("train", "dev", "test"):
        name = f"streusle.ud_{split}.conllulex"
        cells = ["1", "in", "in", "ADP", "IN", "_", "0", "root", "_", "_", "_", "P", "in"]
        row = "\t".join([*cells, "p.Locus", "p.Goal", "_", "_", "_", "O"])
        write("data/" + layout.format(split=split, name=name), row)
    task = load_task("ps-fxn", data=tmp_path / "data")
    assert list(task.splits) == ["train", "dev", "test"]


def test_a_file_alone_can_be_the_data(write, nowhere, trees):
    assert load_task("dep", data=write("renamed.conllu", trees)).kind == "pair"


def test_the_named_folder_comes_before_the_cache(write, nowhere, trees, monkeypatch, tmp_path):
    write(f"cache/tunescope/data/ud-english-pud-2.7/{PUD}", trees)
    assert len(load_task("pos")["train"]) == 16
    write(f"named/{PUD}", trees + "\n" + trees.replace("Dogs", "Cats"))
    monkeypatch.setenv("TUNESCOPE_DATA", str(tmp_path / "named"))
    assert len(load_task("pos")["train"]) == 32


def test_the_cache_serves_what_the_named_folder_lacks(write, nowhere, trees, monkeypatch, tmp_path):
    write(f"cache/tunescope/data/ud-english-pud-2.7/{PUD}", trees)
    (tmp_path / "named").mkdir()
    monkeypatch.setenv("TUNESCOPE_DATA", str(tmp_path / "named"))
    assert len(load_task("pos")["train"]) == 16


def test_a_wrong_data_argument_is_not_made_up_for_elsewhere(write, nowhere, trees, tmp_path):
    write(f"cache/tunescope/data/{PUD}", trees)
    with pytest.raises(InputError, match="no such folder; expected one that holds"):
        load_task("pos", data=tmp_path / "nothing")
    with pytest.raises(InputError, match="the folder does not hold all of"):
        load_task("pos", data=tmp_path / "cache")


def test_a_file_that_is_not_the_published_one_is_said_so(write, nowhere, trees, tmp_path):
    path = write(PUD, trees)
    task = load_task("pos", data=tmp_path)
    assert any("not the published git:247242b1" in note for note in task.notes)
    assert task.provenance[path.name].startswith("git:")


def test_the_division_can_be_set(write, nowhere, trees, tmp_path):
    write(PUD, trees)
    task = load_task("pos", data=tmp_path, test_fraction=0.5, seed=7)
    assert len(task["train"]) == len(task["test"]) == 10
    assert any("test_fraction 0.5, seed 7" in note for note in task.notes)


def test_parts_of_speech_and_relations_are_divided_alike(write, nowhere, trees, tmp_path):
    write(PUD, trees)
    pos, dep = (load_task(name, data=tmp_path) for name in ("pos", "dep"))
    assert pos["test"].texts == dep["test"].texts


@pytest.mark.parametrize("name", [n for n, e in CATALOGUE.items() if e.source is None])
@pytest.mark.slow
def test_the_built_in_tasks_need_no_data(nowhere, name):
    task = load_task(name)
    again = load_task(name)
    assert set(task.splits) == {"train", "test"}
    assert task["test"].ids.tolist() == again["test"].ids.tolist()
    n_train, n_test = (len(task[split].texts) for split in ("train", "test"))
    assert n_test == round(0.2 * (n_train + n_test))
    counts = sum(
        (split.labels[:, None] == range(len(task.label_names))).sum(axis=0)
        for split in task.splits.values()
    )
    in_train = set(task["train"].labels.tolist())
    assert all(label in in_train for label, n in enumerate(counts) if n >= 2)
