"""Everything without a mouse."""

import pytest
from playwright.sync_api import expect
from service import SAMPLES

# How many elements a page may have before the one that is looked for.
MAX_TABS = 120

# Whether the element in focus can be told from its neighbours: by an outline or shadow of its own, of its label, of the
# row that it points at, or of the box that it fills.
FOCUS_IS_VISIBLE = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return "nothing";
  const marked = (style) => (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1)
    || style.boxShadow !== "none";
  const labels = [...(element.labels ?? [])];
  const row = document.getElementById(element.getAttribute("aria-activedescendant"));
  const parts = [element, ...labels, row, element.matches("table") ? element.parentElement : null];
  if (parts.some((part) => part && marked(getComputedStyle(part)))) return "yes";
  const name = element.dataset.testid ?? element.outerHTML.slice(0, 120);
  return `no: ${name}`;
}"""


class Keys:
    def __init__(self, console):
        self.console = console
        self.page = console.page
        self.unseen = set()

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, element, back=False):
        """Goes on until the element is in focus; what was passed had to show its focus."""
        for _ in range(MAX_TABS):
            if element.count() and element.first.evaluate("e => e === document.activeElement"):
                return
            self.press("Shift+Tab" if back else "Tab")
            seen = self.page.evaluate(FOCUS_IS_VISIBLE)
            if seen.startswith("no:"):
                self.unseen.add(seen)
        place = self.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        raise AssertionError(f"not reached by Tab: {element}; the focus is on {place}")


@pytest.fixture
def keys(console):
    keys = Keys(console)
    yield keys
    assert not keys.unseen, f"focus that nobody sees: {keys.unseen}"


def test_the_way_from_files_to_boxes_needs_no_mouse(console, server, keys):
    console.open("#/detect")
    keys.tab_to(console.at("choose-files"))
    with console.page.expect_file_chooser() as chooser:
        keys.press("Enter")
    chooser.value.set_files([str(SAMPLES / "scene-1.jpg"), str(SAMPLES / "scene-5.jpg")])
    expect(console.at("file-row", state="ready")).to_have_count(2)
    # One too many: it goes, and the focus is not lost.
    keys.tab_to(console.at("file-remove", console.at("file-row", name="scene-5.jpg")))
    keys.press("Enter")
    expect(console.at("file-row")).to_have_count(1)
    assert console.page.evaluate("document.activeElement !== document.body"), "the focus is lost"
    model = console.at("setting-model")
    console.reveal(model)
    keys.tab_to(model)
    # Models are chosen by the first letters of their names.
    console.page.keyboard.type("aerial")
    expect(model).to_have_value("aerial15-obb")
    keys.tab_to(console.at("start-job"))
    keys.press("Enter")
    console.page.wait_for_url("**/#/jobs/job_*")
    expect(console.at("detection-row").first).to_be_visible()
    results = server.get(f"/api/v1/jobs/{console.job_id()}/results")["results"][0]["detections"]

    # The new page takes the focus: Tab goes on from its beginning.
    slider = console.at("confidence-slider")
    keys.tab_to(slider)
    before = console.shown_count()
    assert before == len(results)
    keys.press("End")
    console.wait("count => document.querySelectorAll('[data-testid=\"detection-row\"]').length < count", before)
    keys.press("Home")
    console.has_rows(before)

    toggle = console.at("class-toggle", **{"class": results[0]["class_name"]})
    keys.tab_to(toggle)
    keys.press("Space")
    left = sum(d["class_name"] != results[0]["class_name"] for d in results)
    console.has_rows(left)
    keys.press("Space")
    console.has_rows(before)

    # A row of the table is chosen by arrows, and its box with it.
    rows = console.at("detection-row")
    keys.tab_to(console.at("detection-table"))
    keys.press("Home", "ArrowDown", "ArrowDown", "Enter")
    expect(rows.nth(2)).to_have_attribute("aria-selected", "true")
    keys.press("Escape")
    expect(rows.nth(2)).to_have_attribute("aria-selected", "false")

    keys.tab_to(console.at("tab-detections"), back=True)
    keys.press("End")
    expect(console.at("tab-export")).to_be_focused()
    keys.tab_to(console.at("export-format-csv"))
    with console.page.expect_download() as taken:
        keys.press("Enter")
    job = console.job_id()
    assert taken.value.path().read_bytes() == server.call("GET", f"/api/v1/jobs/{job}/results?format=csv")


def test_the_picture_is_moved_and_left_by_keys(console, scene_job, keys):
    console.open(f"#/jobs/{scene_job}")
    expect(console.at("detection-row").first).to_be_visible()
    console.shows_picture(console.shown_count())
    keys.tab_to(console.stage)
    scale = console.view()["scale"]
    keys.press("+")
    console.wait_view("(view, scale) => view.scale > scale", scale)
    x = console.view()["x"]
    keys.press("ArrowRight")
    console.wait_view("(view, x) => view.x > x", x)
    keys.press("0")
    console.wait_view("(view, scale) => Math.abs(view.scale - scale) < 1e-6", scale)
    # No trap: Tab goes on, beyond the picture.
    keys.tab_to(console.at("confidence-slider"), back=False)


def test_the_first_stop_skips_to_the_content(console, keys):
    console.open("#/jobs")
    console.page.evaluate("document.activeElement.blur()")
    keys.press("Tab")
    skip = console.page.locator(".skip-link")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    keys.press("Enter")
    expect(console.page.locator("main")).to_be_focused()
    assert "#/jobs" in console.page.url
    keys.press("Tab")
    assert console.page.evaluate("document.activeElement.closest('main') !== null")


def test_a_dialog_keeps_the_focus_and_gives_it_back(console, server, keys):
    job = server.run_job(SAMPLES / "scene-1.jpg")
    console.open("#/jobs")
    button = console.at("job-delete", console.at("job-row", job=job))
    expect(button).to_be_visible()
    keys.tab_to(button)
    keys.press("Enter")
    dialog = console.page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    for _ in range(6):
        keys.press("Tab")
        # Between the last and the first it may be in the browser's own bars.
        inside = console.page.evaluate(
            "[document.body, ...document.querySelectorAll('dialog[open] *')].includes(document.activeElement)")
        assert inside, "the focus leaves the dialog"
    keys.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    expect(console.at("job-row", job=job)).to_have_count(1)


def test_what_happens_is_said(console, scene_job):
    console.open(f"#/jobs/{scene_job}")
    expect(console.at("detection-row").first).to_be_visible()
    said = """text => [...document.querySelectorAll("[aria-live], [role=status], [role=alert]")]
      .some((place) => place.textContent.includes(text))"""
    console.at("confidence-slider").press("End")
    console.wait(said, f"{console.shown_count()} of ")
    console.at("copy-link").click()
    console.wait(said, "clipboard")
