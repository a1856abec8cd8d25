"""In a real browser: everything is drawn, controls work by pointer and keys, nothing is fetched."""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from browser import AXE, BROWSER, DRIVER, opened, prefer, serious, show, size
from synthetic_runs import SyntheticRun, synthetic_run

from tunescope import reports
from tunescope.reports import figures, write

LABELS = ["</script><b>x</b>", "a.b[c]\"'", "__proto__", "constructor", "datum.label", "NOUN"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        BROWSER is None or DRIVER is None, reason="no chromium and chromedriver here"
    ),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of two panels whose labels are hard to show; its figures are not saved as files."""
    run = synthetic_run({"a <task>": LABELS, "other": LABELS}, ("mini\"lm'",))
    measured = run.tables["similarity"]
    more = measured.assign(measure="spatial_beyond_sizes")  # the longest name of a choice
    run.tables["similarity"] = pd.concat([measured, more], ignore_index=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "save", lambda *_args, **_more: [])
        return write(tmp_path_factory.mktemp("run"), tables=run.tables, record=run.record)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with opened(tmp_path_factory.mktemp("downloads")) as started:
        started.downloads = tmp_path_factory.getbasetemp()
        yield started


@pytest.fixture
def shown(driver: Any, page: Path) -> Any:
    """The page's first panel, drawn anew."""
    prefer(driver, "light")
    size(driver, 1400)
    show(driver, page)
    return driver


def script(driver: Any, text: str, *arguments: Any) -> Any:
    return driver.execute_script(f"return (() => {{ {text} }})()", *arguments)


def one(driver: Any, selector: str) -> Any:
    return driver.find_element("css selector", f".panel:not([hidden]) {selector}")


def picture(driver: Any) -> str:
    """What the canvas shows, once it stands still."""
    ready = "const done = arguments[0]; setTimeout(() => done(document.querySelector("
    return str(
        driver.execute_async_script(f"{ready}'.panel:not([hidden]) canvas').toDataURL()), 900)")
    )


@pytest.mark.parametrize("width", [390, 1000, 1600])
def test_everything_is_drawn_and_fits(shown: Any, page: Path, width: int) -> None:
    size(shown, width)
    show(shown, page)
    assert script(shown, "return document.documentElement.scrollWidth") <= width
    script(shown, "document.querySelectorAll('.panel details').forEach((d) => (d.open = true))")
    shown.execute_async_script("setTimeout(arguments[0], 4000)")
    charts = script(
        shown,
        "return [...document.querySelectorAll('.panel:not([hidden]) .chart')].map((c) => "
        "[c.closest('figure').dataset.figure, c.querySelectorAll('svg path').length])",
    )
    assert len(charts) >= 7
    assert all(paths for _, paths in charts), charts
    colours = script(
        shown,
        "const c = document.querySelector('.panel:not([hidden]) canvas'); "
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; "
        "const found = new Set(); for (let i = 0; i < d.length; i += 4) "
        "found.add(d[i] + ',' + d[i + 1] + ',' + d[i + 2]); return [...found]",
    )
    assert {"0,114,178", "213,94,0", "0,158,115"} <= set(colours)


@pytest.mark.parametrize("width", [390, 1000])
@pytest.mark.parametrize("kind", ["", "suspects", "findings", "pairs", "extra", "wide", "overview"])
def test_captions_have_the_room_of_the_page(
    driver: Any, tmp_path: Path, kind: str, width: int
) -> None:
    style = (Path(reports.__file__).parent / "template" / "style.css").read_text(encoding="utf-8")
    cells = "".join(f"<td class='n'>number {i}</td>" for i in range(30))
    table = f"<table class='{kind}'><caption>{'What it holds. ' * 20}</caption><tr>{cells}</table>"
    look = (
        f"<ul class='look'><li><strong>{'label' * 60}</strong> <span>{'w' * 300}</span></li></ul>"
    )
    html = "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    html += f"<style>{style}</style><main><div class='scroll'>{table}</div>{look}</main>"
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    size(driver, width)
    driver.get((tmp_path / "page.html").as_uri())
    left, right = script(
        driver,
        "const box = document.querySelector('caption').getBoundingClientRect(); "
        "return [box.left, box.right]",
    )
    assert right <= width
    assert right - left >= 0.85 * width
    assert script(driver, "return document.documentElement.scrollWidth") <= width


def test_the_first_screen_says_what_where_and_begins_the_picture(shown: Any, page: Path) -> None:
    size(shown, 1000, 700)
    show(shown, page)
    assert "changed most" in one(shown, ".happened").text
    tops = "return [...document.querySelectorAll('.panel:not([hidden]) :is(.todo, .plot)')]"
    assert max(script(shown, f"{tops}.map((e) => e.getBoundingClientRect().top)")) < 600


def test_the_console_is_silent_and_no_network_is_asked(shown: Any, page: Path) -> None:
    for kind in ("browser", "performance"):
        shown.get_log(kind)
    show(shown, page)
    said = [entry for entry in shown.get_log("browser") if entry["level"] == "SEVERE"]
    assert said == []
    asked = set()
    for entry in shown.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(message["params"]["request"]["url"].split(":")[0])
    assert asked <= {"file", "data", "blob", "about"}


def test_an_address_opens_its_panel(driver: Any, page: Path) -> None:
    show(driver, page, "#panel-1")
    hidden = script(driver, "return [...document.querySelectorAll('.panel')].map((p) => p.hidden)")
    assert hidden == [True, False]


def test_the_slider_moves_the_dots_and_the_button_plays(shown: Any) -> None:
    last = picture(shown)
    script(
        shown,
        "const r = document.querySelector('.space input[type=range]'); r.value = 0; "
        "r.dispatchEvent(new Event('input'))",
    )
    first = picture(shown)
    assert first != last
    assert one(shown, ".space output").text == "0"
    one(shown, ".space .play").click()
    assert one(shown, ".space .play").text == "Stop"
    shown.execute_async_script("setTimeout(arguments[0], 5600)")
    assert one(shown, ".space output").text == "530"
    assert one(shown, ".space .play").text == "Play"
    assert picture(shown) == last


@pytest.mark.parametrize("name", ["layer", "plane", "hulls"])
def test_each_choice_changes_the_picture(shown: Any, name: str) -> None:
    before = picture(shown)
    control = one(shown, f".space [name={name}]")
    if name == "hulls":
        control.click()
    else:
        script(
            shown,
            "const s = arguments[0]; s.selectedIndex = s.selectedIndex ? 0 : 1; "
            "s.dispatchEvent(new Event('change'))".replace(
                "arguments[0]",
                f"document.querySelector('.panel:not([hidden]) .space [name={name}]')",
            ),
        )
    assert picture(shown) != before


def test_the_keyboard_alone_points_chooses_and_saves(shown: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    canvas = one(shown, "canvas")
    script(shown, "document.querySelector('.panel:not([hidden]) canvas').focus()")
    canvas.send_keys(Keys.ARROW_RIGHT)
    tip = one(shown, ".tip").text
    assert any(label in tip for label in LABELS)
    assert "The cat sat [on] the" in tip
    assert script(shown, "return document.querySelectorAll('.tip b, .tip script').length") == 0
    canvas.send_keys(Keys.ENTER)
    canvas.send_keys(Keys.ARROW_LEFT)
    assert one(shown, ".tip").text != tip
    canvas.send_keys(Keys.ENTER)
    assert one(shown, ".count").text == "2 chosen."
    assert len(shown.find_elements("css selector", ".panel:not([hidden]) .list tbody tr")) == 2
    folder = Path(shown.capabilities["chrome"]["userDataDir"]).parent
    shown.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
    )
    (folder / "examples.csv").unlink(missing_ok=True)
    one(shown, ".chosen [data-do=save]").send_keys(Keys.ENTER)
    for _ in range(50):
        if (folder / "examples.csv").exists():
            break
        shown.execute_async_script("setTimeout(arguments[0], 100)")
    rows = list(csv.DictReader((folder / "examples.csv").open(encoding="utf-8")))
    assert len(rows) == 2
    assert {row["label"] for row in rows} <= set(LABELS)
    assert rows[0]["update"] == "530"
    canvas.send_keys(Keys.ESCAPE)
    assert not one(shown, ".tip").is_displayed()


def test_dots_are_chosen_by_text_and_by_drawing_around_them(shown: Any) -> None:
    from selenium.webdriver import ActionChains

    one(shown, "input[name=find]").send_keys("7th mat")
    assert one(shown, ".count").text.startswith("12 chosen")
    one(shown, ".chosen [data-do=clear]").click()
    canvas = one(shown, "canvas")
    script(shown, "document.querySelector('.plot').scrollIntoView({ block: 'center' })")
    wide, high = canvas.size["width"] // 2 - 4, canvas.size["height"] // 2 - 4
    drag = ActionChains(shown, duration=20).move_to_element_with_offset(canvas, -wide, -high)
    drag.click_and_hold()
    for x, y in ((2 * wide, 0), (0, 2 * high), (-2 * wide, 0)):
        drag.move_by_offset(x, y)
    drag.release().perform()
    assert one(shown, ".count").text.startswith("120 chosen")


def test_every_control_is_reached_by_the_tab_key(shown: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    wanted = script(
        shown,
        "return [...document.querySelectorAll('a[href], button, input, select, summary, canvas')]"
        ".filter((e) => e.checkVisibility() && !e.disabled && !e.closest('[hidden]')).length",
    )
    reached = set()
    script(shown, "document.activeElement.blur(); window.scrollTo(0, 0)")
    for _ in range(wanted + 60):
        shown.switch_to.active_element.send_keys(Keys.TAB)
        reached.add(
            script(
                shown,
                "const all = [...document.querySelectorAll('*')]; "
                "return all.indexOf(document.activeElement)",
            )
        )
    assert len(reached) >= wanted


def test_tables_are_sorted_by_their_heads(shown: Any) -> None:
    table = "document.querySelector('.panel:not([hidden]) table.sortable:not(.overview)')"
    script(shown, f"{table}.closest('details')?.setAttribute('open', '')")
    numbers = (
        f"const t = {table}; const k = [...t.tHead.rows[0].cells].findIndex((c) => "
        "c.classList.contains('n')); return [k, [...t.tBodies[0].rows].map((r) => "
        "parseFloat(r.cells[k].textContent))]"
    )
    column, _ = script(shown, numbers)
    for direction in (1, -1):
        script(shown, f"{table}.tHead.rows[0].cells[{column}].querySelector('button').click()")
        _, found = script(shown, numbers)
        assert found == sorted(found, reverse=direction < 0)
    assert script(shown, f"return {table}.querySelector('[aria-sort]').ariaSort") == "descending"


def background(driver: Any) -> str:
    return str(script(driver, "return getComputedStyle(document.body).backgroundColor"))


def test_light_and_dark_by_the_system_and_by_the_switch(shown: Any) -> None:
    assert background(shown) == "rgb(255, 255, 255)"
    light = picture(shown)
    prefer(shown, "dark")
    assert background(shown) == "rgb(20, 23, 28)"
    assert picture(shown) != light
    choose = "const s = document.querySelector('[name=theme]'); s.value = '%s'; "
    choose += "s.dispatchEvent(new Event('change'))"
    script(shown, choose % "light")
    assert background(shown) == "rgb(255, 255, 255)"
    prefer(shown, "light")
    script(shown, choose % "dark")
    assert background(shown) == "rgb(20, 23, 28)"
    prefer(shown, "dark", media="print")
    assert background(shown) == "rgb(255, 255, 255)"


def test_it_prints_whole_with_the_choices_made(shown: Any) -> None:
    one(shown, "[data-figure=minimum_distances] [data-do=none]").click()
    prefer(shown, "light", media="print")
    seen = script(
        shown,
        "return [...document.querySelectorAll('.panel:not([hidden]) figure')].every((f) => "
        "f.closest('details:not([open])') || f.getBoundingClientRect().height > 50)",
    )
    assert seen
    made = shown.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert len(base64.b64decode(made["data"])) > 50_000
    prefer(shown, "light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.skipif(not AXE.exists(), reason="no axe-core here: npm install axe-core")
def test_axe_finds_nothing_serious(shown: Any, scheme: str) -> None:
    prefer(shown, scheme)
    script(shown, "document.querySelectorAll('details').forEach((d) => (d.open = true))")
    shown.execute_async_script("setTimeout(arguments[0], 3000)")
    assert serious(shown) == []


def test_a_page_of_one_snapshot_and_one_of_two_models_are_drawn(
    driver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "save", lambda *_args, **_more: [])
    run = synthetic_run({"pos": ["a", "b", "c"]}, ("m",))
    for name, updates in (("one", (0,)), ("two", (0, 530))):
        page = write(tmp_path / name, tables=without_tuning(run, updates), record={})
        driver.get_log("browser")
        show(driver, page)
        assert [e for e in driver.get_log("browser") if e["level"] == "SEVERE"] == []
        if AXE.exists():
            driver.execute_async_script("setTimeout(arguments[0], 3000)")
            assert serious(driver) == []
        text = driver.find_element("css selector", "body").text
        assert "fine-tuning" not in text
        assert len(driver.find_elements("css selector", ".space input[type=range]")) == (
            1 if name == "two" else 0
        )


def without_tuning(run: SyntheticRun, updates: tuple[int, ...]) -> dict[str, Any]:
    """The tables as `compare` or `inspect` leave them."""
    found = {}
    for name, table in run.tables.items():
        if name in ("training", "evaluations"):
            continue
        kept = table
        if "update" in table:
            kept = table[table["update"].isin(updates) & (table["stage"] != "random")]
            kept = kept.assign(tuned_on="")
        found[name] = kept
    return found
