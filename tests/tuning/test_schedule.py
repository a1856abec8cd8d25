import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.errors import InputError
from tunescope.studies.reading import make_study
from tunescope.tuning import snapshot_updates
from tunescope.tuning.schedule import MOST, check_schedule


@given(count=st.integers(2, 60), last=st.integers(1, 500), log=st.booleans())
def test_a_number_of_snapshots_from_the_first_update_to_the_last(count, last, log):
    updates = snapshot_updates(f"log:{count}" if log else count, last)
    assert updates[0] == 0
    assert updates[-1] == last
    assert list(updates) == sorted(set(updates))
    assert len(updates) == min(count, last + 1)


@given(count=st.integers(2, 30), last=st.integers(100, 500))
def test_evenly_spaced_to_within_one_update(count, last):
    steps = np.diff(snapshot_updates(count, last))
    assert steps.max() - steps.min() <= 1


@given(count=st.integers(4, 30), last=st.integers(100, 5000))
def test_log_spaced_ones_get_sparser(count, last):
    steps = np.diff(snapshot_updates(f"log:{count}", last))
    assert (np.diff(steps) >= -1).all()


@given(updates=st.lists(st.integers(0, 100)))
def test_given_updates_with_the_ends(updates):
    assert snapshot_updates(updates, 100) == tuple(sorted({0, 100, *updates}))


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (1, "expected at least 2"),
        ("log:1", "expected at least 2"),
        ("linear:5", "expected a number, 'log:N'"),
        ([101], "update 101; the training has updates 0 to 100"),
        ([-1], "update -1"),
        ([1.5], "1.5 is not a number of updates"),
        (True, "expected a number"),
    ],
)
def test_what_is_no_schedule_is_refused(schedule, said):
    with pytest.raises(InputError, match=said):
        snapshot_updates(schedule, 100)


def test_a_number_from_the_command_line():
    assert snapshot_updates("5", 100) == (0, 25, 50, 75, 100)


def test_a_schedule_of_numpy_s_becomes_plain_numbers() -> None:
    assert type(check_schedule(np.int64(3))) is int
    found = check_schedule(np.array([1, 2, 5]))
    assert found == (1, 2, 5)
    assert isinstance(found, tuple)
    assert {type(update) for update in found} == {int}
    with pytest.raises(InputError, match="expected a number, 'log:N', or a list of updates"):
        check_schedule(np.array(5))  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [101, 10**6, "log:1000000", "1000000"])
def test_more_snapshots_than_updates_are_all_updates_at_once(count: int | str) -> None:
    assert snapshot_updates(count, 100) == tuple(range(101))


@pytest.mark.parametrize(
    "schedule", [None, 2.5, "²", "9" * 5000, "log:" + "9" * 5000, [1.5], ["1"]]
)
def test_what_is_no_schedule_is_named(schedule: object) -> None:
    with pytest.raises(InputError, match="snapshots"):
        snapshot_updates(schedule, 100)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [10**12, "log:1000000000000", "1000001"])
def test_numbers_beyond_any_training_are_refused(count):
    with pytest.raises(InputError, match=r"^snapshots=1\d+; expected at most 1,000,000$"):
        snapshot_updates(count, 100)


@pytest.mark.parametrize("before", ["", "log:"])
def test_a_study_takes_as_many_as_a_training_and_no_more(before: str) -> None:
    asked = {"models": ["m"], "tasks": ["t"]}
    most = f"{before}{MOST}" if before else MOST
    assert make_study({**asked, "tuning": {"snapshots": most}}).tuning.snapshots == most
    beyond = f"{before}{MOST + 1}" if before else MOST + 1
    with pytest.raises(InputError, match=r"tuning\.snapshots"):
        make_study({**asked, "tuning": {"snapshots": beyond}})
