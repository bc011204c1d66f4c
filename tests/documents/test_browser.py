"""The report page in a real browser: what scripts do, what styles do, and that nothing leaves it.

Needs Debian's chromium and chromium-driver. Without them the tests are skipped, under CI they fail.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

import theorycheck as tc
from helpers.reports import example
from theorycheck.landscapes.answers import landscape_answer
from theorycheck.report import (
    render,
    write_exhibit,
    write_explorer,
    write_landscape,
    write_run,
)
from theorycheck.report.figures.atlas import exhibit_of_atlas
from theorycheck.report.figures.regions import line_atlas
from theorycheck.report.figures.run import Run
from theorycheck.report.figures.traps import exhibit_of_case
from theorycheck.traps.answers import trap_of_case

pytestmark = pytest.mark.browser

BROWSER, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
CASES: list[dict[str, Any]] = [
    {"means": [["1.5"], ["-0.7"], [2]], "weights": [2, 5, 3]},
    {"means": [[3]], "weights": [1]},
    {"means": [[1], [1]], "weights": ["1/3", 7]},
    {"means": [["0.0785"], ["-0.0242"], ["0.1824"]], "weights": ["0.098", "0.757", "0.146"]},
    {"means": [["1e-3"], ["-2e-3"]], "weights": [2, 1]},
    {"means": [[12], [-12], [0]], "weights": [1, 1, 1]},
    {"means": [[4], ["-0.5"], ["0.25"]], "weights": ["1e-12", 1, 2]},
    {"means": [[1, 0], [-1, "0.5"]], "weights": ["1/3", "2/3"]},
    {"means": [[2, "0.5"], ["-1.5", 1], [0, -2], ["0.3", "0.3"]], "weights": [1, 2, 3, 4]},
    {"means": [[5, 5], [-5, 4], [0, 0]], "weights": [1, 1, 1]},
    {"means": [[5], ["0.1"]], "weights": ["1e-12", 1]},
    {
        "means": [["-0.3"], ["9.5"], ["10.5"]],
        "weights": [1, 1, 1],
        "truth": {"means": [[-2], [2], [10]], "weights": [1, 1, 1]},
    },
    {
        "means": [[1, 1], [-2, 0]],
        "weights": [1, 3],
        "truth": {"means": [[1, 0], [0, "-1.5"]], "weights": [2, 1]},
    },
]


def missing(reason: str) -> NoReturn:
    """Skip, or fail where the browser must be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    for program in (BROWSER, DRIVER):
        if shutil.which(program) is None:
            missing(f"{program} is missing: apt-get install chromium chromium-driver")
    try:
        from selenium import webdriver
    except ImportError:
        missing("selenium is missing: pip install '.[test]'")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in (
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *("--window-size=1280,1000", "--force-prefers-reduced-motion", "--lang=en"),
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(example()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(driver: Any, address: str) -> Iterator[Any]:
    """The page just opened; afterwards its console must be empty and its requests its own."""
    media(driver)
    for kind in ("browser", "performance"):
        driver.get_log(kind)
    driver.get(address)
    yield driver
    assert driver.get_log("browser") == []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            assert url == address or url.startswith("data:")


@pytest.fixture
def numerics(driver: Any, address: str) -> Any:
    """The page, opened once for all tests that leave it as it is."""
    if driver.current_url != address:
        driver.get(address)
    return driver


def media(driver: Any, scheme: str = "light", kind: str = "screen", width: int = 1280) -> None:
    """Show the page in a colour scheme, on screen or paper, at a width."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": [feature]})
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def one(driver: Any, selector: str) -> Any:
    return driver.find_element("css selector", selector)


def rows(driver: Any) -> list[str]:
    """The claims that the table shows, from top to bottom."""
    script = (
        "return [...document.querySelectorAll('.claims tr.row')]"
        ".filter(row => row.checkVisibility()).map(row => row.cells[0].textContent.trim())"
    )
    shown: list[str] = driver.execute_script(script)
    return shown


def choose(driver: Any, label: str) -> None:
    """Load a case of the explorer and wait for its run."""
    from selenium.webdriver.support.select import Select

    Select(one(driver, "[name=case]")).select_by_visible_text(label)
    settle(driver)


def settle(driver: Any) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    ready = "return document.querySelector('.explorer').dataset.ready === 'true'"
    WebDriverWait(driver, 20, 0.02).until(lambda found: found.execute_script(ready))


# --- the table --------------------------------------------------------------------------------


def test_a_column_sorts_both_ways_and_back(page: Any) -> None:
    """Ascending, descending, then the order of the theory; told to screen readers."""
    before = rows(page)
    head = one(page, ".claims thead th:nth-child(1)")
    button = head.find_element("css selector", "button")
    button.click()
    assert rows(page) == sorted(before)
    assert head.get_attribute("aria-sort") == "ascending"
    button.click()
    assert rows(page) == sorted(before, reverse=True)
    assert "descending" in one(page, "#announcement").get_attribute("textContent")
    button.click()
    assert rows(page) == before
    assert head.get_attribute("aria-sort") is None


def test_numbers_sort_as_numbers(page: Any) -> None:
    """The cases column orders by size, not by spelling."""
    one(page, ".claims thead th:nth-child(6) button").click()
    script = (
        "return [...document.querySelectorAll('.claims tr.row')].map(r => +r.cells[5].dataset.sort)"
    )
    counts = page.execute_script(script)
    assert counts == sorted(counts)
    assert len(set(counts)) > 1


def test_words_and_verdict_filter_together(page: Any) -> None:
    """Every word must occur; the count is told; a verdict narrows further."""
    from selenium.webdriver.support.select import Select

    everything = rows(page)
    words = one(page, "[name=words]")
    words.send_keys("paper supported")
    assert set(rows(page)) < set(everything)
    assert "loss-upper" in rows(page)
    words.clear()
    words.send_keys("likelihood")
    assert rows(page) == ["likelihood-decrease"]
    assert one(page, ".found").text == f"1 of {len(everything)} claims"
    Select(one(page, "[name=verdict]")).select_by_visible_text("supported")
    assert rows(page) == []
    Select(one(page, "[name=verdict]")).select_by_visible_text("refuted")
    assert rows(page) == ["likelihood-decrease"]


def test_a_command_is_copied_exactly(page: Any) -> None:
    """What the button copies is the text of the block, every character of it."""
    permission = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.execute_cdp_cmd("Browser.grantPermissions", permission)
    block = one(page, ".exhibit .copyable")
    button = block.find_element("css selector", "button")
    page.execute_script(
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", button
    )
    button.click()
    copied = page.execute_async_script(
        "const done = arguments[0]; navigator.clipboard.readText().then(done, e => done(String(e)))"
    )
    assert copied == block.find_element("css selector", "code").get_attribute("textContent")
    assert "<<'EOF'" in copied


def test_the_work_folds_and_unfolds(page: Any) -> None:
    """One button unfolds all claims, and folds them again; printing unfolds them."""
    opened = "return document.querySelectorAll('details.fold-claim[open]').length"
    assert page.execute_script(opened) == 0
    button = one(page, ".fold")
    page.execute_script(
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", button
    )
    button.click()
    assert page.execute_script(opened) == len(example()["claims"])
    button.click()
    assert page.execute_script(opened) == 0
    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert page.execute_script(opened) == len(example()["claims"])


def test_a_link_to_a_claim_opens_it(page: Any) -> None:
    """Also where it is followed from the table."""
    page.execute_script("location.hash = 'claim-loss-upper'")
    opened = "return document.querySelector('#claim-loss-upper').closest('details').open"
    wait = time.monotonic() + 5
    while not page.execute_script(opened):
        assert time.monotonic() < wait


def test_search_and_order_are_kept_in_the_address(page: Any) -> None:
    """A link shows the same claims, found by words of statement and description."""
    field = one(page, "input[name=words]")
    for words, name in (("kl", "loss-upper"), ("theorem", "loss-upper"), ("paper", "loss-upper")):
        field.clear()
        field.send_keys(words)
        shown = page.find_elements("css selector", "tr.row:not([hidden]) th a")
        assert name in [link.text for link in shown], words
    one(page, "th:nth-child(2) button").click()
    address = page.current_url
    assert address.endswith("#claims?find=paper&sort=1%2Cascending")
    before = [link.text for link in page.find_elements("css selector", "tr.row:not([hidden]) a")]
    page.get("about:blank")
    page.get(address)
    after = [link.text for link in page.find_elements("css selector", "tr.row:not([hidden]) a")]
    assert after == before


def test_the_page_is_short_until_it_is_unfolded(page: Any) -> None:
    """Every section is within reach; nothing is wider than the window."""
    height = page.execute_script("return document.documentElement.scrollHeight")
    assert height <= 20_000


# --- the explorer -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: json.dumps(case["means"]))
def test_explorer_numbers_agree_with_the_library(numerics: Any, case: dict[str, Any]) -> None:
    """Loss, responsibilities, gradient, F, U, W and the largest norm, to 1e-9."""
    found = numerics.execute_script("return theorycheckExplorer.compute(arguments[0])", case)
    exact = tc.Case.from_dict(case)
    known = tc.population(exact.mixture, truth=exact.truth)
    squares = (known.means**2).sum(axis=1)
    expected = {
        "loss": known.loss,
        "responsibilities": known.responsibilities,
        "gradient": known.gradient,
        "fisher_divergence": known.fisher_divergence,
        "energy": squares.sum(),
        "weighted_distance": known.weights @ squares,
        "max_norm": np.sqrt(squares.max()),
        "weights": known.weights,
    }
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("case", CASES[::3], ids=lambda case: json.dumps(case["means"]))
def test_explorer_runs_agree_with_the_library(numerics: Any, case: dict[str, Any]) -> None:
    """Thirty steps of gradient EM in the browser are those of the library."""
    script = """
    const [data, stepSize] = arguments, run = [];
    const { compute, advance } = theorycheckExplorer;
    for (let t = 0; t <= 30; t += 1) {
        run.push(compute(data));
        data.means = advance(run[t], stepSize);
    }
    return run;"""
    run = numerics.execute_script(script, case, 0.7)
    exact = tc.Case.from_dict(case)
    known = tc.gradient_em(exact.mixture, 0.7, 30, truth=exact.truth)
    for name, values in (
        ("means", known.means),
        ("loss", known.loss),
        ("energy", known.energy),
        ("weighted_distance", known.weighted_distance),
    ):
        found = np.array([at[name] for at in run])
        np.testing.assert_allclose(found, values, rtol=1e-9, atol=1e-13, err_msg=name)


def test_explorer_declines_what_is_too_far(numerics: Any) -> None:
    """A grid too fine to be formed gives no number, at once, rather than a wrong one or a hang."""
    far = [{"means": [[1e9], [0]]}, {"means": [[500, 0], [0, 500], [-500, -500]]}]
    for case in far:
        script = "return Number.isNaN(theorycheckExplorer.compute(arguments[0]).loss)"
        assert numerics.execute_script(script, case)


def test_explorer_shows_what_it_computes(page: Any) -> None:
    """The table on the page carries the library's numbers, also after a step, and tells rises."""
    choose(page, "W rises")
    m = tc.Mixture(["0.0785", "-0.0242", "0.1824"], [98, 757, 146])
    known = tc.gradient_em(m, 1, 2)
    for t in (0, 1):
        mantissa, power = f"{known.loss[t]:.5e}".split("e")
        expected = f"{float(mantissa):g} × 10⁻{'⁰¹²³⁴⁵⁶⁷⁸⁹'[-int(power)]}"
        assert one(page, "[data-quantity=loss]").text == expected
        assert one(page, "[name=time]").text == str(t)
        one(page, "[name=one]").click()
        settle(page)
    one(page, "[name=reset]").click()
    settle(page)
    row = page.execute_script(
        "return document.querySelector('[data-quantity=weighted_distance]').parentNode.textContent"
    )
    assert "rises" in row


def test_means_move_by_keyboard_and_by_pointer(page: Any) -> None:
    """Arrows move the focused mean, in either dimension; dragging does as well."""
    from selenium.webdriver import ActionChains, Keys

    choose(page, "Three in the plane")
    handle = one(page, ".handle")
    handle.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_UP, Keys.ARROW_UP)
    settle(page)
    assert handle.get_attribute("aria-valuetext") == "(2.1, 0.7)"
    handle.send_keys(Keys.SHIFT + Keys.ARROW_LEFT)
    settle(page)
    assert handle.get_attribute("aria-valuetext") == "(2.09, 0.7)"
    script = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})"
    page.execute_script(script, one(page, ".canvas"))
    ActionChains(page).drag_and_drop_by_offset(one(handle, ".mark"), -60, 40).perform()
    settle(page)
    x, y = json.loads(handle.get_attribute("aria-valuetext").replace("(", "[").replace(")", "]"))
    assert x < 1.7
    assert y < 0.5
    found = page.execute_script(
        "return [...document.querySelectorAll('.components tbody input')].map(i => +i.value)"
    )
    assert found[1] == pytest.approx(x, abs=0.005)


def test_every_listed_case_can_be_shown(page: Any) -> None:
    """No case of the report breaks the explorer, and the counterexamples are among them."""
    labels = page.execute_script(
        "return [...document.querySelectorAll('[name=case] option')].map(o => o.textContent)"
    )
    assert any(label.startswith("loss-upper: ") for label in labels)
    for label in labels:
        choose(page, label)
        assert one(page, "[data-quantity=loss]").text != "–", label


def test_components_can_be_added_weighted_and_removed(page: Any) -> None:
    """From one to six components; a new weight changes the numbers; play advances the time."""
    choose(page, "A balanced pair")
    for count in (3, 4, 5, 6):
        one(page, "[name=add]").click()
        settle(page)
        assert len(page.find_elements("css selector", ".handle")) == count
    assert not one(page, "[name=add]").is_enabled()
    before = one(page, "[data-quantity=loss]").text
    page.execute_script(
        "const w = document.querySelector('.components tbody input'); w.value = 5;"
        "w.dispatchEvent(new Event('change'))"
    )
    settle(page)
    assert one(page, "[data-quantity=loss]").text != before
    for _ in range(5):
        one(page, "[name=remove]").click()
    assert not one(page, "[name=remove]").is_enabled()
    one(page, "[name=play]").click()
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(page, 10, 0.05).until(lambda found: int(one(found, "[name=time]").text) > 2)
    one(page, "[name=play]").click()
    assert one(page, "[name=play]").text == "Play"


def test_without_scripts_the_explorer_steps_aside(driver: Any, address: str) -> None:
    """No empty shell is shown, and the page says why."""
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver.get(address)
        assert not one(driver, ".explorer").is_displayed()
        assert "needs scripts" in one(driver, "#explorer").text
        assert one(driver, "table.claims").is_displayed()
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


# --- style and access -------------------------------------------------------------------------


def test_dark_is_dark_and_print_is_white(page: Any) -> None:
    """The scheme of the reader is followed on screen; paper is white and has no controls.

    It has contents, and what words and symbols mean, which on screen is folded.
    """
    colour = "return getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number)"
    assert min(page.execute_script(colour)) > 200
    media(page, "dark")
    assert max(page.execute_script(colour)) < 60
    media(page, "dark", "print")
    assert page.execute_script(colour) == [255, 255, 255]
    for selector in ("#explorer", "form.filter", "button.copy"):
        assert not one(page, selector).is_displayed(), selector
    assert one(page, "nav").is_displayed()
    height = "return [...document.querySelectorAll('.words dl')].map((e) => e.offsetHeight)"
    assert min(page.execute_script(height)) > 50


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_never_scrolls_sideways(page: Any, width: int) -> None:
    """Wide tables scroll in their own box."""
    media(page, width=width)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_phone_shows_the_verdicts_of_the_paper(page: Any) -> None:
    """Each beside its claim, without scrolling; on paper no statement is cut."""
    media(page, width=390)
    every = "return [...document.querySelectorAll('.paper %s')].map((e) => %s)"
    places = page.execute_script(every % (".badge", "e.getBoundingClientRect().right"))
    assert places
    assert max(places) <= 390
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    cut = page.execute_script(every % (".stated div", "getComputedStyle(e).overflowX"))
    assert set(cut) == {"visible"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("label", ["Three components", "Three in the plane"])
def test_axe_finds_no_violation(page: Any, scheme: str, label: str) -> None:
    """axe-core's rules on the whole page, everything unfolded, in both schemes."""
    media(page, scheme)
    choose(page, label)
    assert_accessible(page)


def assert_accessible(driver: Any) -> None:
    """No rule of axe-core is violated on a page with everything unfolded."""
    from axe_core_python.selenium import Axe

    driver.execute_script("for (const e of document.querySelectorAll('details')) e.open = true")
    found = Axe().run(driver)
    assert found["passes"]
    assert not [
        (rule["id"], node["html"][:200], node["failureSummary"])
        for rule in found["violations"]
        for node in rule["nodes"][:3]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_trap_is_as_good(driver: Any, tmp_path: Path, scheme: str) -> None:
    """`theorycheck trap --output`: no violation, no scrolling sideways, and it copies."""
    case = tc.Case(tc.Mixture([6, -6, 0]), 1)
    item = exhibit_of_case(case, trap_of_case(case), "Is this start trapped?")
    write_exhibit(item, tmp_path / "trap.html")
    media(driver, scheme, width=320)
    driver.get((tmp_path / "trap.html").as_uri())
    assert_accessible(driver)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 320
    driver.get_log("browser")
    one(driver, "button.copy").click()
    assert one(driver, "#announcement").get_attribute("textContent") in ("", "Copied")
    assert driver.get_log("browser") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_landscape_is_as_good(driver: Any, tmp_path: Path, scheme: str) -> None:
    """`theorycheck landscape --output`: no violation, and only its tables scroll sideways."""
    found = landscape_answer(tc.landscape(tc.Mixture([-2, 2, 10]), 2), 1.0)
    write_landscape(found, "theorycheck landscape --truth truth.json --components 2", tmp_path)
    media(driver, scheme, width=320)
    driver.get((tmp_path / "landscape.html").as_uri())
    assert_accessible(driver)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 320
    assert driver.get_log("browser") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_map_is_as_good(driver: Any, tmp_path: Path, scheme: str) -> None:
    """`theorycheck atlas --output`."""
    item = exhibit_of_atlas(line_atlas(2), "theorycheck atlas")
    write_exhibit(item, tmp_path / "atlas.html")
    media(driver, scheme, width=320)
    driver.get((tmp_path / "atlas.html").as_uri())
    assert_accessible(driver)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 320
    assert driver.get_log("browser") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_run_is_as_good(driver: Any, tmp_path: Path, scheme: str) -> None:
    """`theorycheck trajectory --output`: the slider moves the cursors and the numbers."""
    write_run(Run.of(tc.Case(tc.Mixture([4, -4, 0]), 1), 20), "again", tmp_path / "run.html")
    media(driver, scheme, width=320)
    driver.get((tmp_path / "run.html").as_uri())
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 320
    driver.execute_script(
        "const i = document.querySelector('.timeline input'); i.value = 20;"
        "i.dispatchEvent(new Event('input'))"
    )
    loss = tc.gradient_em(tc.Mixture([4, -4, 0]), 1, 20).loss[-1]
    assert one(driver, ".timeline output").text == "20"
    assert one(driver, ".sums tbody td").text == f"{loss:.5g}"
    cursors = driver.find_elements("css selector", ".timed .cursor")
    assert len(cursors) == 6
    assert len({cursor.get_attribute("d") for cursor in cursors}) == 1
    assert_accessible(driver)
    assert driver.get_log("browser") == []


def test_the_explorer_gives_its_state_back(driver: Any, tmp_path: Path) -> None:
    """As a case, which this package reads; as commands; and as a link, which leads back to it."""
    case = tc.Case(tc.Mixture([5, -5, 0], [1, 2, 1]), "1/2")
    write_explorer(case, tmp_path / "explorer.html")
    media(driver)
    driver.get((tmp_path / "explorer.html").as_uri())
    assert tc.Case.from_json(state(driver, "case")) == case
    driver.execute_script("document.querySelector('[name=add]').click()")
    settle(driver)
    given = tc.Case.from_json(state(driver, "case"))
    assert given.mixture.means == tc.Mixture([5, -5, 0, 6]).means
    assert state(driver, "trap") == f"echo '{state(driver, 'case')}' | theorycheck trap --case -"
    assert state(driver, "check").endswith("theorycheck check likelihood-decrease --case -")
    address = one(driver, "[data-state=link]").get_attribute("href")
    driver.get("about:blank")
    driver.get(address)
    settle(driver)
    assert tc.Case.from_json(state(driver, "case")) == given
    driver.execute_script(
        "location.hash = '#case=' + encodeURIComponent(JSON.stringify({means: [['<b>']]}))"
    )
    settle(driver)
    assert tc.Case.from_json(state(driver, "case")) == given
    assert "no case that can be shown" in one(driver, "#announcement").get_attribute("textContent")
    assert driver.get_log("browser") == []


def state(driver: Any, name: str) -> str:
    """What the explorer says of its state."""
    text: str = one(driver, f"[data-state={name}]").get_attribute("textContent")
    return text
