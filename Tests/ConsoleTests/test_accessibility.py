"""What axe-core finds, and what fits a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from service import SAMPLES

SCREENS = {
    "phone": {
        "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True},
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "4K": {"viewport": {"width": 3840, "height": 2160}},
}

PAGES = ("#/detect", "#/jobs", "#/models", "#/models/aerial15-obb", "#/monitor")

axe = Axe()


def check(console, place):
    """Axe finds nothing, and the page does not scroll sideways."""
    found = axe.run(console.page, options={"resultTypes": ["violations"]}).response["violations"]
    lines = [
        f"{place}: {rule['id']} ({rule['impact']}): {node['html'][:200]}\n  {node['failureSummary']}"
        for rule in found for node in rule["nodes"]]
    assert not lines, "\n".join(lines[:20])
    width, screen = console.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= screen, f"{place} is {width} wide on a screen of {screen}"


@pytest.fixture(params=["light", "dark"])
def scheme(request):
    return request.param


@pytest.fixture(params=SCREENS)
def console(make_console, server, scheme, request):
    return make_console(server, color_scheme=scheme, **SCREENS[request.param])


def test_axe_finds_nothing_on_any_page(console, scene_job, comparison_job):
    console.open("#/detect")
    expect(console.at("choose-files")).to_be_enabled()
    check(console, "detect, empty")
    console.at("file-input").set_input_files([SAMPLES / "scene-1.jpg", SAMPLES.parent / "README.md"])
    expect(console.at("file-row")).to_have_count(2)
    console.page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    check(console, "detect, with files and all settings")
    console.open("#/jobs")
    expect(console.at("job-row").first).to_be_visible()
    check(console, "jobs")
    console.open("#/monitor")
    expect(console.at("store-health").first).to_be_visible()
    check(console, "monitor")
    console.open("#/models")
    expect(console.at("model-row").first).to_be_visible()
    check(console, "models")
    console.open("#/models/aerial15-obb")
    expect(console.at("model-classes")).to_be_visible()
    check(console, "model of the folder")
    console.open(f"#/jobs/{comparison_job}/comparison")
    expect(console.at("viewer-candidate").locator(".viewer-stage")).to_have_attribute("aria-busy", "false")
    check(console, "comparison")
    console.open(f"#/jobs/{scene_job}")
    expect(console.at("detection-row").first).to_be_visible()
    console.page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    console.at("detection-row").nth(1).click()
    check(console, "job")
    console.at("job-compare").click()
    expect(console.at("compare-model")).to_be_visible()
    check(console, "dialog with fields")
    console.decline()
    console.at("job-delete").click()
    expect(console.page.locator("dialog[open]")).to_be_visible()
    check(console, "dialog")


def test_axe_finds_nothing_on_failures_and_states_between(console):
    console.watch.expect("answered 404")
    console.open("#/jobs/job_00000000000000000000000000")
    expect(console.page.locator("main .request-id")).to_be_visible()
    check(console, "no such job")
    console.open("#/nothing")
    check(console, "no such page")


@pytest.fixture(scope="module")
def closed_server(make_server):
    server = make_server(auth="on")
    yield server
    server.stop()


def test_axe_finds_nothing_where_a_key_is_asked_for(make_console, closed_server, scheme):
    console = make_console(closed_server, color_scheme=scheme, **SCREENS["phone"])
    console.watch.expect("answered 401")
    console.open("#/detect")
    expect(console.at("login-key")).to_be_focused()
    check(console, "sign in")
    console.at("login-key").fill("no key")
    console.at("login-submit").click()
    expect(console.page.locator("main .request-id")).to_be_visible()
    check(console, "sign in, refused")


@pytest.mark.parametrize("size", [320, 360])
def test_the_narrowest_phones_show_everything(make_console, server, scene_job, comparison_job, size):
    console = make_console(server, viewport={"width": size, "height": 640}, is_mobile=True, has_touch=True)
    for address in (*PAGES, f"#/jobs/{scene_job}", f"#/jobs/{comparison_job}/comparison"):
        console.open(address)
        console.page.wait_for_load_state("networkidle")
        width = console.page.evaluate("document.documentElement.scrollWidth")
        assert width <= size, f"{address} is {width} wide"


def test_who_wants_less_motion_gets_none(make_console, server, scene_job, comparison_job):
    console = make_console(server, reduced_motion="reduce")
    for address in (*PAGES, f"#/jobs/{scene_job}", f"#/jobs/{comparison_job}/comparison"):
        console.open(address)
        console.page.wait_for_load_state("networkidle")
        running = console.page.evaluate("""document.getAnimations().filter((animation) =>
          animation.playState === "running" && animation.effect.getTiming().duration > 20).length""")
        assert running == 0, address
