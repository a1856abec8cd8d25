"""A run killed at drawn moments ends, called again, with the tables of one that was not."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from robustness.calls import call
from robustness.material import RUN, STUDY, copied, differences, scratch, tables

WATCHED = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "shutil.rmtree")
"""What a process tells before it does it; the kill comes in between."""
IN_A_ROW = 6
"""Kills of one run before it is let end."""


class Watch:
    """Counts what a process does to files in a folder, and kills it at one of them."""

    def __init__(self, folder: Path, at: int, number: int) -> None:
        self.folder, self.at, self.number = str(folder), at, number
        self.count = 0

    def begin(self) -> None:
        """Listen from now on."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in WATCHED and arguments:
            where = arguments[0]
            if isinstance(where, str | bytes | os.PathLike):
                path = os.fsdecode(where)
                if RUN in path and Path(path).absolute().is_relative_to(self.folder):
                    self.count += 1
                    if self.count == self.at:
                        os.kill(os.getpid(), self.number)

    def tell(self, path: Path) -> None:
        """Write down how many there were."""
        path.write_text(str(self.count))


def try_kills(material: Path, scratch_folder: Path, n_kills: int, seed: int) -> list[str]:
    """Kill runs, at files and at times, and let each end; list what is wrong.

    Parameters
    ----------
    material : holds the model, the texts, and the run that was not killed.
    scratch_folder : for the runs that are killed.
    """
    random = np.random.default_rng(seed)
    expected = tables(material)
    wrong: list[str] = []
    whole = copied_without_run(material, scratch_folder / "whole")
    watch = Watch(whole / RUN, 0, 0)
    count = scratch_folder / "count"
    ended = call(STUDY, whole, first=watch.begin, last=lambda: watch.tell(count))
    n_events, seconds = int(count.read_text()), ended.seconds
    if ended.code or (different := differences(tables(whole), expected)):
        return [f"not killed: {ended}, {different}"]
    done = runs = 0
    while done < n_kills:
        runs += 1  # one whose kill came too late has none
        folder = copied_without_run(material, scratch_folder / f"killed-{runs}")
        in_a_row = 0
        while in_a_row < IN_A_ROW and done < n_kills:
            number = signal.SIGKILL if random.random() < 0.7 else signal.SIGTERM
            if random.random() < 0.7:
                most = n_events if not in_a_row else max(n_events // 3, 2)
                one = Watch(folder / RUN, int(random.integers(1, most)), number)
                ended = call(STUDY, folder, first=one.begin)
            else:
                wait = float(random.uniform(0.05, seconds))
                ended = call(STUDY, folder, during=lambda pid: _kill_after(pid, wait, number))  # noqa: B023
            if ended.code == 0:
                break
            done += 1
            in_a_row += 1
            if ended.code not in (-signal.SIGKILL, 143, -signal.SIGTERM):
                wrong.append(f"killed with {number.name}: {ended}")
            if ended.code == 143 and (left := scratch(folder / RUN)):
                wrong.append(f"stopped, and left {left}")
        ended = call(STUDY, folder)
        if ended.code:
            wrong.append(f"went on after {in_a_row} kills: {ended}")
        elif different := differences(tables(folder), expected):
            wrong.append(f"after {in_a_row} kills other tables: {different}")
        elif left := scratch(folder / RUN):
            wrong.append(f"after {in_a_row} kills left: {left}")
    return wrong


def copied_without_run(material: Path, folder: Path) -> Path:
    """Copy the model and the texts."""
    import shutil

    copied(material, folder)
    shutil.rmtree(folder / RUN)
    return folder


def _kill_after(process: int, seconds: float, number: signal.Signals) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.002)
    os.kill(process, number)
