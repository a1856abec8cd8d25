from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from tunescope.errors import InputError
from tunescope.probes import Protocol, description_length
from tunescope.probes.codelength import (
    FEWEST,
    FRACTIONS,
    _best_temperature,
    _nats,
    _shuffled,
    _stops,
)
from tunescope.probes.engine.engine import Engine
from tunescope.probes.engine.networks import Training

SMALL = Protocol.quick(hidden=((32, 32),), weights=(1e-3, 1.0), max_epochs=150)


def vectors(n: int, d: int = 10, n_classes: int = 4, seed: int = 0):
    random = np.random.default_rng(seed)
    y = random.integers(0, n_classes, n)
    return random.normal(size=(n, d)) + 6 * np.eye(n_classes, d)[y], y


@pytest.mark.slow
def test_random_labels_cost_as_much_as_without_a_model():
    X, y = vectors(1500)
    y = np.random.default_rng(9).permutation(y)
    result = description_length(X, y, protocol=SMALL)
    assert result.uniform == pytest.approx(1500 * 2)
    assert result.codelength == pytest.approx(result.uniform, rel=0.03)
    assert result.compression == pytest.approx(1, abs=0.03)


@pytest.mark.slow
def test_labels_that_follow_from_the_vectors_cost_little():
    X, y = vectors(1500)
    result = description_length(X, y, protocol=SMALL)
    assert result.compression > 8
    assert result.rows["accuracy"].item() > 0.95
    assert result.rows["compression"].item() == result.compression


@pytest.mark.slow
def test_portions_make_up_the_whole():
    X, y = vectors(600)
    portions = description_length(X, y, protocol=SMALL).portions
    assert portions["start"].tolist()[1:] == portions["stop"].tolist()[:-1]
    assert portions["stop"].iloc[-1] == 600
    assert portions["bits"].iloc[0] == pytest.approx(2 * portions["stop"].iloc[0])


@pytest.mark.slow
def test_every_portion_is_sent_by_a_network_that_has_seen_all_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = vectors(300)
    seen: list[int] = []
    run = Engine.run

    def watched(engine: Engine, members: list[Training]) -> None:
        run(engine, members)
        seen.extend(len(engine.parts[member.part].train) for member in members)

    monkeypatch.setattr(Engine, "run", watched)
    portions = description_length(X, y, protocol=SMALL).portions
    assert portions["trained_on"].tolist() == portions["start"].tolist()
    assert seen[-(len(portions) - 1) :] == portions["start"].tolist()[1:]


@pytest.mark.slow
def test_the_network_has_the_setting_and_temperature_that_were_chosen() -> None:
    X, y = vectors(300)
    portions = description_length(X, y, protocol=SMALL).portions.iloc[1:]
    assert set(portions["setting"]) <= {setting.name for setting in SMALL.settings}
    assert (portions["temperature"] > 0).all()


class Given:
    """A network whose logits are the vectors."""

    def logits(self, X: np.ndarray) -> np.ndarray:
        return X


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e4, 1e6, 1e30])
def test_at_some_temperature_logits_of_any_scale_claim_nothing(scale: float) -> None:
    random = np.random.default_rng(0)
    logits = (scale * random.normal(size=(200, 3))).astype(np.float32)
    member = Training(SMALL.settings[0], 0, (0,), network=Given())  # type: ignore[arg-type]
    wrong = logits.argmin(axis=1)
    loss, temperature = _best_temperature(member, logits, wrong)
    assert loss == pytest.approx(200 * np.log(3), rel=0.005)
    assert temperature > 10 * scale
    right, _ = _best_temperature(member, logits, logits.argmax(axis=1))
    assert right < 0.5 * loss


def test_logits_of_usual_sizes_have_the_temperature_of_the_usual_bounds() -> None:
    logits = np.random.default_rng(0).normal(size=(200, 3)) * 20
    member = Training(SMALL.settings[0], 0, (0,), network=Given())  # type: ignore[arg-type]
    for truth in (logits.argmin(axis=1), np.arange(200) % 3, logits.argmax(axis=1)):

        def loss(log_temperature: float, truth: np.ndarray = truth) -> float:
            return float(_nats(logits, truth, float(np.exp(log_temperature))).sum())

        usual = minimize_scalar(loss, bounds=(-1.0, 9.0), method="bounded")
        assert _best_temperature(member, logits, truth) == (usual.fun, np.exp(usual.x))


@pytest.mark.slow
def test_same_seed_same_code():
    X, y = vectors(300)
    first, second = (description_length(X, y, protocol=SMALL, seed=4) for _ in range(2))
    assert first.codelength == second.codelength


@pytest.mark.slow
def test_groups_stay_whole_and_a_single_one_is_divided():
    X, y = vectors(120)
    for groups in (np.repeat(np.arange(30), 4), np.zeros(120)):
        assert description_length(X, y, protocol=SMALL, groups=groups).codelength > 0


SIZES = {
    "equal": [4] * 30,
    "one": [120],
    "unequal": [1, 2, 3, 34, 5, 60, 15],
    "a large one last or first": [5, 115],
    "large": [40, 40, 40],
    "single": [1] * 120,
}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.slow
def test_a_text_is_sent_in_one_portion(sizes: list[int], seed: int) -> None:
    """What is sent is put into order by the seed alone, which is done here once more."""
    X, y = vectors(120)
    groups = np.random.default_rng(7).permutation(np.repeat(np.arange(len(sizes)), sizes))
    found = description_length(X, y, protocol=SMALL, groups=groups, seed=seed).portions
    order = groups[_shuffled(groups, 120, np.random.default_rng(seed))]
    stops = found["stop"].tolist()
    assert len(stops) > 1
    assert stops[0] >= FEWEST
    assert stops[-1] == 120
    cut = [stop for stop in stops[:-1] if order[stop - 1] == order[stop]]
    # without a border after the first 20 examples there is no other way
    assert not cut or not any(order[i - 1] != order[i] for i in range(FEWEST, 120))
    for stop, wanted in zip(stops, _stops(120, FRACTIONS), strict=False):
        assert stop >= wanted


@pytest.mark.parametrize(
    "fractions", [(), (0.5,), (0.5, 0.1, 1.0), (-0.1, 1.0), (0.1, float("nan"), 1.0), "abc", None]
)
def test_fractions_must_rise_to_one(fractions: object) -> None:
    X, y = vectors(100)
    with pytest.raises(InputError, match="fractions"):
        description_length(X, y, protocol=SMALL, fractions=fractions)  # type: ignore[arg-type]


def test_too_few_examples_are_refused():
    X, y = vectors(39)
    with pytest.raises(InputError, match="39 examples"):
        description_length(X, y, protocol=SMALL)
