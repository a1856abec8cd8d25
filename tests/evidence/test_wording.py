"""Evidence in words."""

import pandas as pd

from tunescope.evidence import in_words

NOTHING = {"suggested": "b", "confidence": 0.9, "confidence_suggested": 0.1, "agreement": 1.0}
NOTHING |= {"weight": 0.0, "contradictions": 0, "near_duplicates": 0, "excess": -0.5}


def said(**evidence: object) -> str:
    return in_words(pd.DataFrame([{**NOTHING, **evidence}]))[0]


def test_what_speaks_for_a_label_is_not_said() -> None:
    assert said() == ""


def test_what_speaks_against_it_is() -> None:
    assert said(confidence=0.02, confidence_suggested=0.91) == (
        "a probe gives 2 % to its label and 91 % to b"
    )
    assert said(agreement=0.1, contradictions=1).startswith("1 example with the same vector")
    assert "nearer than its own" in said(excess=0.1)


def test_the_own_head_is_quoted() -> None:
    assert said(head_confidence=0.07) == "the model's own head gives 7 % to its label"
    assert said(head_confidence=0.6) == ""


def test_how_it_was_learned_is_said() -> None:
    assert said(forgotten=2.0) == "it was forgotten 2 times while fine-tuning"
    assert said(mean_confidence=0.2) == "over the snapshots its label got 20 % on average"


def test_missing_evidence_is_not_said() -> None:
    missing = float("nan")
    assert said(agreement=missing, excess=missing, forgotten=missing) == ""
