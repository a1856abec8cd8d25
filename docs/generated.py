"""Pages of the reference that nobody types: made from the package while the site is built.

mkdocs calls `on_files`; what the pages say comes from docstrings, from the commands' own
definitions and from the fields of a study.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

SOURCE = Path(__file__).parents[1] / "src"
PARTS = {
    "geometry": "Separations, clusters, similarity. Numpy arrays in; no torch, no text.",
    "probes": "Classifier probes and their controls. Numpy arrays in.",
    "evidence": "Which examples are probably labelled wrong, and who carries a separation.",
    "tasks": "Labelled examples: files, data sets, tasks with a name.",
    "encoders": "Models, and the vectors of every layer.",
    "tuning": "Fine-tuning, with snapshots on the way.",
    "watching": "Watching a training that somebody else does.",
    "studies": "What is asked: the study file as an object.",
    "results": "What a run found, in one object.",
    "tables": "The questions that everybody asks of a run's tables.",
    "directprobe": "The files of the authors' code: read, written, verified.",
    "errors": "What is raised on purpose.",
    "extras": "What is raised where a package is not installed.",
}
"""The parts that have public names."""
ERRORS = {
    "errors": ("TunescopeError", "InputError", "InputTypeError", "DamagedError"),
    "extras": ("MissingError",),
}
"""Public names of modules that export nothing in particular."""


def module_of(name: str) -> Path:
    """Find the file that says what a module exports."""
    place = SOURCE.joinpath(*name.split("."))
    for path in (place / "__init__.pyi", place / "__init__.py", place.with_suffix(".py")):
        if path.exists():
            return path
    raise FileNotFoundError(place)


def imported(module: str) -> dict[str, str]:
    """Map the names that a package takes from its own modules to those modules."""
    tree = ast.parse(module_of(module).read_text(encoding="utf-8"))
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            source = f"{module}.{node.module}" if node.level else node.module
            for alias in node.names:
                found[alias.asname or alias.name] = f"{source}.{alias.name}"
    return found


def public(part: str) -> dict[str, str]:
    """Map the public names of a part to where they are defined."""
    module = f"tunescope.{part}"
    if part in ERRORS:
        return {name: f"{module}.{name}" for name in ERRORS[part]}
    taken = imported(module)
    listed = ast.parse(module_of(module).read_text(encoding="utf-8")).body
    said = [
        node.value
        for node in listed
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    ]
    names = ast.literal_eval(said[0]) if said else [n for n in taken if not n.startswith("_")]
    return {name: taken[name] for name in sorted(names)}


def face() -> dict[str, tuple[str, str]]:
    """Map the names of ``tunescope`` itself to their part and to where they are defined."""
    found = {}
    for name, path in imported("tunescope").items():
        part = path.split(".")[1]
        found[name] = (part, public(part)[name])
    return found


def api(part: str) -> str:
    """Write the page of a part."""
    lines = [f"# tunescope.{part}", "", PARTS[part], ""]
    found = public(part)
    constants = [f"`{name}`" for name in found if name.isupper()]
    if constants:
        lines += [f"Constants: {', '.join(constants)}.", ""]
    for name, path in found.items():
        if name.isupper():
            continue
        shown = f"tunescope.{part}.{name}"
        options = [f"      heading: {shown}", f"      toc_label: {name}"]
        lines += [f"::: {path}", "    options:", *options, ""]
    return "\n".join(lines)


def names() -> str:
    """Write the page of the names that ``import tunescope as ts`` gives."""
    lines = [
        "# The Python interface",
        "",
        "What `import tunescope as ts` gives. A name is imported when it is first used, so that",
        "importing the package is quick and loads no torch.",
        "",
        "| name | part |",
        "|---|---|",
    ]
    lines += [
        f"| [`ts.{name}`]({part}.md#{path}) | [{part}]({part}.md) |"
        for name, (part, path) in sorted(face().items(), key=lambda item: item[0].lower())
    ]
    lines += ["", "The parts, each with more names than these:", "", "| part | what it is for |"]
    lines += ["|---|---|"]
    lines += [f"| [`tunescope.{part}`]({part}.md) | {about} |" for part, about in PARTS.items()]
    return "\n".join(lines) + "\n"


def commands() -> dict[str, Any]:
    """Give every command by its whole name."""
    import typer

    from tunescope.cli import app

    def walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
        inner = getattr(command, "commands", None)
        if inner is None or getattr(command, "invoke_without_command", False):
            yield name, command
        for key, child in (inner or {}).items():
            yield from walk(child, f"{name} {key}")

    return dict(walk(typer.main.get_command(app), "tunescope"))


def command_line() -> str:
    """Write the page of all commands."""
    parts = [
        "# The command line",
        "What `tunescope COMMAND --help` says, for every command. [Running a study](running.md) "
        "explains how they are used.",
        "Exit codes: 0 done; 1 it failed; 2 the input or the call is wrong; 130 and 143 stopped.",
    ]
    for name, command in commands().items():
        arguments = [one for one in command.params if not _is_option(one)]
        usage = " ".join([name, "[OPTIONS]", *(_metavar(one) for one in arguments)])
        parts += [f"## {name}", _one_paragraph(command.help), f"```\n{usage}\n```"]
        rows = [(f"`{_metavar(one)}`", one.help or "", "") for one in arguments]
        rows += [
            (_spelled(one), _cell(one.help), _default(one.default))
            for one in command.params
            if _is_option(one)
        ]
        parts.append(_grid(("argument or option", "meaning", "default"), rows))
    return "\n\n".join(parts) + "\n"


def _is_option(parameter: Any) -> bool:
    return bool(parameter.opts[0].startswith("-"))


def _metavar(argument: Any) -> str:
    name = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _spelled(option: Any) -> str:
    return ", ".join(f"`{one}`" for one in (*option.opts, *option.secondary_opts))


def _one_paragraph(text: str | None) -> str:
    return inspect.cleandoc(text or "").replace("\b\n", "")


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _default(value: Any) -> str:
    return "" if value in (None, False, (), []) else f"`{value}`"


def study_file() -> str:
    """Write the page of the keys of a study."""
    from tunescope.studies.options import leaves
    from tunescope.studies.study import Engine, OwnTask, Study, Transfer  # noqa: F401

    parts = [
        "# The study file",
        "A study is a YAML file; [Running a study](running.md) shows one. Everything but `models` "
        "and `tasks` may be left out. A key that is not known is refused with its line and the "
        "nearest one that is.",
        _keys(leaves(Study)),
        "## A task that is spelled out",
        "In the list `tasks`, in place of a name or a file:",
        _keys(leaves(OwnTask)),
        "## A transfer",
        "In the list `transfer`:",
        _keys(leaves(Transfer)),
    ]
    return "\n\n".join(parts) + "\n"


def _keys(fields: Iterator[tuple[str, Any]]) -> str:
    rows = []
    for key, field in fields:
        needed = field.is_required()
        shown = "needed" if needed else f"`{_yaml(field.get_default(call_default_factory=True))}`"
        rows.append((f"`{key}`", shown, _cell(field.description)))
    return _grid(("key", "default", "meaning"), rows)


def _yaml(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(list(value)) if isinstance(value, tuple) else str(value)


def _grid(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def pages() -> dict[str, str]:
    """Give every generated page by its place under docs/."""
    return {
        "reference/api/index.md": names(),
        **{f"reference/api/{part}.md": api(part) for part in PARTS},
        "reference/commands.md": command_line(),
        "reference/study.md": study_file(),
    }


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages to the site."""
    from mkdocs.structure.files import File

    for place, text in pages().items():
        files.append(File.generated(config, place, content=text))
    return files
