"""The generated reference leaves out no public name, no command, no option, no key of a study."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from scripts import load

import tunescope
from tunescope.studies.options import leaves
from tunescope.studies.study import OwnTask, Study, Transfer

ROOT = Path(__file__).parents[2]


generated = load("docs/generated.py")


def test_the_face_is_whole() -> None:
    assert set(generated.face()) == set(tunescope.__all__) - {"__version__"}


@pytest.mark.slow
@pytest.mark.parametrize("part", sorted(set(generated.PARTS) - set(generated.ERRORS)))
def test_a_part_is_whole_and_its_names_are_where_the_page_looks(part: str) -> None:
    module = importlib.import_module(f"tunescope.{part}")
    found = generated.public(part)
    assert set(found) == set(module.__all__)
    for name, path in found.items():
        home, _, own = path.rpartition(".")
        assert getattr(importlib.import_module(home), own) is getattr(module, name)


def test_every_part_with_public_names_has_a_page() -> None:
    inner = {"cli", "reports", "paper", "runs"}
    """What commands and runs are made of; their names may change."""
    packages = {path.parent.name for path in (ROOT / "src" / "tunescope").glob("*/__init__.py")}
    assert packages - inner == set(generated.PARTS) - set(generated.ERRORS)


def test_every_error_has_its_place() -> None:
    from tunescope import errors, extras

    for name, module in (("errors", errors), ("extras", extras)):
        raised = {
            key
            for key, value in vars(module).items()
            if isinstance(value, type)
            and issubclass(value, Exception)
            and value.__module__ == module.__name__
        }
        assert raised == set(generated.ERRORS[name])


def test_every_command_and_option_has_its_row() -> None:
    page = generated.command_line()
    for name, command in generated.commands().items():
        section = re.split(rf"^## {name}$", page, flags=re.M)[1].split("\n## ")[0]
        for parameter in command.params:
            for option in (*parameter.opts, *parameter.secondary_opts):
                assert option.upper() in section.upper(), (name, option)


def test_every_key_of_a_study_has_its_row_and_a_meaning() -> None:
    page = generated.study_file()
    for model in (Study, OwnTask, Transfer):
        for key, field in leaves(model):
            assert f"| `{key}` |" in page
            assert field.description, key
