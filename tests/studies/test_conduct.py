"""What a study asks for is checked before anything is done."""

from pathlib import Path

import pytest

from tunescope.errors import InputError
from tunescope.studies.conduct import conduct
from tunescope.studies.study import Study


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ({"tune": "demo-pot", "probe": "demo-pos"}, r"transfer.0.tune: 'demo-pot' .* 'demo-pos'"),
        ({"tune": "demo-pos", "probe": "demo-pos"}, r"transfer.0: both tasks are 'demo-pos'"),
    ],
)
@pytest.mark.slow
def test_a_transfer_needs_two_tasks_of_the_study(
    tmp_path: Path, pair: dict[str, str], message: str
) -> None:
    study = Study(models=["bert-tiny"], tasks=["demo-pos"], transfer=[pair])
    with pytest.raises(InputError, match=message):
        conduct(study, tmp_path / "run")
    assert not (tmp_path / "run").exists()
