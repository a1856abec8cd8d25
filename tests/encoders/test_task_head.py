"""A model's own head answers as it does alone, where its labels are the task's."""

from pathlib import Path

import numpy as np
import pytest
import torch
from questions import KINDS, checkpoint, questions
from tiny_models import LABELS, pair_task, word_task

from tunescope.encoders import Encoder, Policy
from tunescope.encoders.task_head import head_answers, match_labels
from tunescope.errors import InputError
from tunescope.tasks import Task

BOTH = ("train", "test")


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    return Task.from_csv(questions(tmp_path_factory.mktemp("data") / "q.csv"))


@pytest.mark.slow
def test_texts_are_answered_as_by_the_model_alone(task: Task, tmp_path: Path) -> None:
    import transformers

    names = [name.upper() for name in reversed(KINDS)]
    folder = checkpoint(tmp_path / "tuned", labels=names)
    found = head_answers(Encoder(str(folder)), task, BOTH, Policy())
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for split, said in found.items():
        assert said.labels.tolist() == [name.lower() for name in names]
        texts = [task[split].text(i) for i in said.examples]
        with torch.no_grad():
            alone = [model(**tokenizer(t, return_tensors="pt")).logits.softmax(-1) for t in texts]
        np.testing.assert_allclose(said.probabilities, torch.cat(alone).numpy(), atol=1e-5)


@pytest.mark.slow
def test_words_are_answered_at_their_first_token(tmp_path: Path) -> None:
    import transformers

    folder = checkpoint(tmp_path / "tags", labels=list(LABELS), kind="BertForTokenClassification")
    words = word_task((6, 4))
    found = head_answers(Encoder(str(folder)), words, BOTH, Policy())
    model = transformers.AutoModelForTokenClassification.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for split, said in found.items():
        for i, probabilities in zip(said.examples, said.probabilities, strict=True):
            text = words[split].texts[words[split].text_index[i]]
            encoding = tokenizer(text, is_split_into_words=True, return_tensors="pt")
            token = encoding.word_ids().index(int(words[split].positions[i, 0]))
            with torch.no_grad():
                alone = model(**encoding).logits[0, token].softmax(-1)
            np.testing.assert_allclose(probabilities, alone.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ({"kind": "BertModel"}, "it has no head .its architecture is BertModel"),
        ({"kind": "BertForTokenClassification"}, "no head for such a task"),
        ({}, "labels have no names .LABEL_0 …"),
        ({"labels": ["a", "b"]}, "its labels are 'a', 'b'; 'animal' of the task cannot be found"),
        ({"labels": sorted(KINDS), "problem_type": "multi_label_classification"}, "choose one"),
    ],
)
@pytest.mark.slow
def test_where_there_is_no_such_head_it_says_why(
    task: Task, tmp_path: Path, made: dict[str, object], message: str
) -> None:
    folder = checkpoint(tmp_path / "m", **made)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=message):
        head_answers(Encoder(str(folder)), task, BOTH, Policy())


@pytest.mark.slow
def test_pairs_of_words_and_shortened_models_have_no_head(task: Task, tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "m", labels=sorted(KINDS))
    with pytest.raises(InputError, match="no head answers about pairs"):
        head_answers(Encoder(str(folder)), pair_task(), ("train",), Policy())
    with pytest.raises(InputError, match="only its first layers"):
        head_answers(Encoder(f"{folder}:2"), task, BOTH, Policy())


def test_numbers_and_case_are_matched_and_nothing_is_guessed() -> None:
    assert match_labels(["LABEL_0", "LABEL_1"], ["1", "0"]).tolist() == ["0", "1"]
    assert match_labels(["B", "b", "c"], ["b", "B"]).tolist() == ["B", "b", "c"]
    with pytest.raises(InputError, match="differ in case"):
        match_labels(["b", "c"], ["b", "B"])
