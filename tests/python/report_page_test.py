"""The page of a run's report, as a browser shows it."""

import json
import random

import pytest

import headrace as hr
from headrace import features as f
from tests.chromium import Browser
from tests.conftest import FLIGHTS, headrace

HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
PAGE_BYTES_MAX = 2_500_000
OPENS_WITHIN_SECONDS = 1


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def flights_page(flights_out):
    page = flights_out / "run.html"
    assert headrace("report", flights_out).strip() == str(page)
    return page


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory):
    out = tmp_path_factory.mktemp("hostile")
    rows = hr.from_dict({HOSTILE: [HOSTILE, "b", "b", None], "n": [1, 2, 3, 4]})
    pipeline = hr.Pipeline(
        HOSTILE, rows, features=[f.Feature("n")], contract={"columns": {HOSTILE: {"nullable": False}}},
        outputs=[{"path": out / "rows", "format": "parquet"}], report=out / "run.json",
    )  # fmt: skip
    with pytest.raises(hr.ContractViolatedError):
        pipeline.run()
    headrace("report", out, "-o", out / "page.html")
    return out / "page.html"


@pytest.fixture(scope="module")
def wide_page(tmp_path_factory):
    """Of 200 columns with many different values and long names."""
    out = tmp_path_factory.mktemp("wide")
    rng = random.Random(1)
    columns = {f"column_with_a_long_name_{i:03}": [rng.gauss(0, 10**7) for _ in range(6000)] for i in range(200)}
    pipeline = hr.Pipeline("wide", hr.from_dict(columns), outputs=[{"path": out / "rows", "format": "parquet"}])
    pipeline.run().to_html(out / "page.html")
    return out / "page.html"


def shown(browser):
    return browser.evaluate("document.body.innerText")


def test_it_opens_fast_without_complaints_and_asks_for_nothing(browser, flights_page, wide_page):
    for page in (flights_page, wide_page):
        before = browser.thread_seconds()
        browser.open(page)
        browser.wait_for("document.querySelectorAll('#operators svg').length == 1")
        assert browser.thread_seconds() - before < OPENS_WITHIN_SECONDS
        assert browser.requests == [page.as_uri()]
        assert browser.complaints == []


def test_it_draws_the_chart_of_a_column_when_it_is_opened(browser, flights_page):
    browser.open(flights_page)
    assert browser.evaluate("document.querySelectorAll('.chart svg').length") == 0
    count = browser.evaluate("document.querySelectorAll('.chart').length")
    assert count > 40
    browser.evaluate("document.querySelectorAll('details.column').forEach(entry => entry.open = true)")
    browser.wait_for(f"document.querySelectorAll('.chart svg').length == {count}")
    assert browser.evaluate(
        "[...document.querySelectorAll('.chart svg')].every(svg => svg.querySelectorAll('path').length > 3)"
    )
    assert browser.complaints == []
    assert len(browser.requests) == 1


@pytest.mark.parametrize("dark", [False, True])
def test_it_is_readable_on_a_phone_and_in_the_dark(browser, flights_page, wide_page, hostile_page, dark):
    for page in (flights_page, wide_page, hostile_page):
        browser.open(page, width=400, dark=dark)
        browser.wait_for("document.querySelectorAll('#operators svg').length == 1")
        browser.evaluate("document.querySelectorAll('details').forEach((entry, i) => entry.open = i < 20)")
        assert browser.evaluate("document.documentElement.scrollWidth") <= 400
        # The contrast of text with the page, as WCAG 2 defines it.
        contrast = browser.evaluate(
            """(() => {
              const light = color => {
                const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
                  .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const page = light(getComputedStyle(document.body).backgroundColor);
              const texts = "h1, td, th, summary, .quiet, .good, .bad, #operators svg text";
              return Math.min(...[...document.querySelectorAll(texts)]
                .map(element => getComputedStyle(element))
                .map(style => light(style.fill !== "rgb(0, 0, 0)" ? style.fill : style.color))
                .map(text => (Math.max(text, page) + 0.05) / (Math.min(text, page) + 0.05)));
            })()"""
        )
        assert contrast >= 4.5
        background = browser.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(255, 255, 255)") != dark
        assert browser.complaints == []


def test_its_numbers_are_there_without_scripts(browser, flights_page, flights_out):
    browser.open(flights_page, scripts=False)
    text = shown(browser)
    report = json.loads((flights_out / "run.json").read_text())
    for number in ("336,776", "327,346", "9,430", report["run_id"], report["fitted_state_digest"], "headrace run"):
        assert number in text
    assert "median" in text
    distance = next(column for column in report["statistics"]["before"]["columns"] if column["name"] == "distance")
    assert f"{distance['mean']:.6g}" in text
    assert browser.evaluate("document.querySelectorAll('svg.bars').length") > 40
    assert browser.evaluate("document.querySelectorAll('#operators svg').length") == 0


def test_names_and_values_stay_text(browser, hostile_page):
    browser.open(hostile_page)
    browser.wait_for("document.querySelectorAll('#operators svg').length == 1")
    browser.evaluate("document.querySelectorAll('details').forEach(entry => entry.open = true)")
    browser.wait_for("document.querySelectorAll('.chart svg').length > 0")
    assert browser.evaluate("typeof window.hacked") == "undefined"
    assert browser.requests == [hostile_page.as_uri()]
    assert HOSTILE in shown(browser)
    assert "broken" in shown(browser)
    assert browser.complaints == []


def test_a_page_of_200_columns_is_small(wide_page):
    assert wide_page.stat().st_size <= PAGE_BYTES_MAX


def test_python_and_the_program_make_the_same_page(tmp_path):
    pipeline = hr.Pipeline.from_yaml(FLIGHTS / "pipeline.yaml", {"out": tmp_path})
    page = pipeline.run().to_html(tmp_path / "python.html")
    headrace("report", tmp_path / "run.json")
    assert (tmp_path / "python.html").read_text() == page == (tmp_path / "run.html").read_text()
