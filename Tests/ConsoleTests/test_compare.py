"""Two jobs over the same pictures, side by side."""

import re

import pytest
from playwright.sync_api import expect
from service import SAMPLES

MODEL = "aerial15-obb"
VIEW = "name => document.querySelector(`[data-testid=\"viewer-${name}\"]`).viewer.view"
# Both are fitted, or were moved; a frame later they agree.
SAME_VIEW = """() => {
  const [base, candidate] = ["base", "candidate"].map((name) =>
    document.querySelector(`[data-testid="viewer-${name}"]`).viewer.view);
  return ["scale", "x", "y"].every((part) => Math.abs(base[part] - candidate[part]) < 1e-6);
}"""


@pytest.fixture(scope="module")
def jobs(shared_server):
    """Two jobs over one upload: the second one leaves out what is not so certain."""
    upload = shared_server.upload(SAMPLES / "scene-1.jpg", SAMPLES / "scene-5.jpg")["upload_id"]

    def run(**config):
        request = {"upload_id": upload, "config": {"model": MODEL} | config}
        job = shared_server.post("/api/v1/inference/predict", request)["job_id"]
        assert shared_server.wait(job)["status"] == "completed"
        return job

    return run(), run(confidence_threshold=0.7)


@pytest.fixture
def comparison(server, jobs):
    base, candidate = jobs
    return server.get(f"/api/v1/jobs/{candidate}/comparison?base={base}")


def agreement(picture):
    return picture["figures"]["agreement"]


@pytest.fixture
def page(console, jobs):
    base, candidate = jobs
    console.open(f"#/jobs/{candidate}/comparison?base={base}")
    for name in ("base", "candidate"):
        expect(stage(console, name)).to_have_attribute("aria-busy", "false")
    return console


def stage(console, name):
    return console.at(f"viewer-{name}").locator(".viewer-stage")


def shows(console, name, boxes, of):
    expect(stage(console, name)).to_have_attribute(
        "aria-label", f"{console.at('comparison-picture').inner_text()}, {boxes} of {of} boxes shown")


def test_the_figures_are_the_interface_s(page, comparison):
    figures = comparison["figures"]
    # Without them nothing is tested.
    assert figures["only_base"] > 0
    assert figures["matched"] > 0
    expect(page.at("figure-matched").locator("dd")).to_have_text(str(figures["matched"]))
    expect(page.at("figure-only-base").locator("dd")).to_have_text(str(figures["only_base"]))
    expect(page.at("figure-only-candidate").locator("dd")).to_have_text(str(figures["only_candidate"]))
    rows = page.at("comparison-classes").locator("tbody tr")
    expect(rows).to_have_count(len(comparison["classes"]))
    for row, figures in zip(rows.all(), comparison["classes"], strict=True):
        cells = [cell.inner_text() for cell in row.locator("td").all()[:5]]
        assert cells == [str(figures[name]) for name in (
            "base_boxes", "candidate_boxes", "matched", "only_base", "only_candidate")]


def test_the_worst_picture_is_first(page, comparison):
    worst = sorted(comparison["images"], key=agreement)
    names = [item.get_attribute("data-file") for item in page.at("comparison-image").all()]
    assert [agreement(next(p for p in worst if p["file_id"] == name)) for name in names] == [
        agreement(p) for p in worst]
    expect(page.at("comparison-picture")).to_have_text(
        next(p["filename"] for p in worst if p["file_id"] == names[0]))
    page.page.keyboard.press("n")
    page.wait("file => location.hash.includes(file)", names[1])
    expect(page.at("comparison-image").nth(1)).to_have_attribute("aria-current", "true")


def test_boxes_of_one_side_only_are_marked_as_the_service_counts_them(page, comparison):
    for place, item in enumerate(page.at("comparison-image").all()):
        item.click()
        page.wait("file => location.hash.includes(file)", item.get_attribute("data-file"))
        figures = next(
            p["figures"] for p in comparison["images"] if p["file_id"] == item.get_attribute("data-file"))
        for name in ("base", "candidate"):
            all_boxes, alone = figures[f"{name}_boxes"], figures[f"only_{name}"]
            page.at("show-different").click()
            shows(page, name, alone, of=all_boxes)
            page.at("show-same").click()
            shows(page, name, figures["matched"], of=all_boxes)
            page.at("show-all").click()
            shows(page, name, all_boxes, of=all_boxes)
    assert place == 1


def test_both_pictures_are_looked_at_alike(page):
    page.wait(SAME_VIEW)
    fitted = page.page.evaluate(VIEW, "base")["scale"]
    zoom = page.at("viewer-zoom-in", page.at("viewer-base"))
    zoom.click()
    zoom.click()
    page.wait(f"before => ({VIEW})('candidate').scale > before * 1.3", fitted)
    page.wait(SAME_VIEW)
    stage(page, "candidate").scroll_into_view_if_needed()
    box = stage(page, "candidate").bounding_box()
    at = page.page.evaluate(VIEW, "candidate")
    page.page.mouse.move(box["x"] + 150, box["y"] + 150)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 200, box["y"] + 180, steps=4)
    page.page.mouse.up()
    page.wait(f"before => ({VIEW})('base').x < before - 1", at["x"])
    page.wait(SAME_VIEW)
    stage(page, "base").press("0")
    page.wait(f"before => Math.abs(({VIEW})('candidate').scale - before) < 1e-6", fitted)
    # Nor do they part when the window changes.
    page.page.set_viewport_size({"width": 1100, "height": 700})
    page.wait(f"before => ({VIEW})('base').scale !== before && ({VIEW})('candidate').scale !== before", fitted)
    page.wait(SAME_VIEW)


def test_a_box_that_is_chosen_tells_of_its_partner(page, server, jobs, comparison):
    picture = next(p for p in comparison["images"] if p["figures"]["only_base"] > 0)
    page.at("comparison-image", file=picture["file_id"]).click()
    page.wait("file => location.hash.includes(file)", picture["file_id"])
    page.at("show-same").click()
    stage(page, "candidate").press(".")
    text = page.at("comparison-selected")
    expect(text).to_contain_text("in the candidate")
    expect(text).to_contain_text("in the base")
    page.at("show-different").click()
    stage(page, "base").press("Escape")
    stage(page, "base").press(".")
    # Either nothing is there on the other side, or something of another class.
    expect(text).to_have_text(re.compile("in the base, (only here|other side: )"))


def test_a_link_shows_the_same(page, make_console, comparison):
    label = comparison["classes"][0]["class"]
    page.at("show-different").click()
    page.at("comparison-class").select_option(label)
    page.wait("() => location.hash.includes('class=')")
    other = make_console(page.server)
    other.page.goto(page.page.url)
    expect(other.at("show-different")).to_have_attribute("aria-pressed", "true")
    expect(other.at("comparison-class")).to_have_value(label)
    expect(stage(other, "base")).to_have_attribute(
        "aria-label", stage(page, "base").get_attribute("aria-label"))


def test_a_job_is_compared_with_another_model(console, server, jobs):
    base, _ = jobs
    console.open(f"#/jobs/{base}")
    expect(console.at("detection-row").first).to_be_visible()
    console.at("job-compare").click()
    options = console.at("compare-model").locator("option")
    assert MODEL not in options.all_inner_texts(), "the model that it ran"
    console.at("compare-model").select_option("tree-crowns")
    console.at("compare-priority").select_option("high")
    console.confirm()
    console.page.wait_for_url("**/comparison*")
    job = console.job_id()
    expect(console.at("figure-agreement")).to_be_visible()
    status = server.status(job)
    assert status["priority"] == "high"
    assert status["comparison"] == {"job_id": base, "shadow": False}
    expect(console.page.locator("main")).to_contain_text(f"tree-crowns (job {job[-8:]}) against {MODEL}")
    # The list tells it from jobs that somebody sent.
    console.open("#/jobs")
    expect(console.at("job-row", job=job)).to_contain_text("comparison")
    console.page.goto(f"{server.url}/#/jobs/{job}")
    expect(console.at("job-comparison").locator("a").first).to_have_attribute("href", f"#/jobs/{base}")


def test_a_model_that_is_refused_is_told_with_the_request_id(console, server):
    """A filter names a class that the other model does not have."""
    job = server.run_job(SAMPLES / "scene-1.jpg", model=MODEL, classes=["ship"])
    console.watch.expect("answered 400")
    console.open(f"#/jobs/{job}")
    expect(console.at("job-compare")).to_be_visible()
    console.at("job-compare").click()
    console.at("compare-model").select_option("tree-crowns")
    console.confirm()
    expect(console.page.locator(".failure")).to_contain_text("ship")
    expect(console.page.locator(".failure .request-id")).not_to_be_empty()
    expect(console.at("job-compare")).to_be_focused()


def test_a_picture_that_failed_in_one_job_is_told(console, jobs, comparison):
    base, candidate = jobs
    failed = {"side": "candidate", "code": "INFERENCE_ERROR", "message": "The engine ran out of memory"}
    broken = comparison["images"][1]["file_id"]

    def compared(route):
        answer = route.fetch()
        document = answer.json()
        for picture in document["data"]["images"]:
            if picture["file_id"] == broken:
                del picture["figures"]
                picture["failure"] = failed
        route.fulfill(response=answer, json=document)

    def results(route):
        answer = route.fetch()
        document = answer.json()
        for entry in document["data"]["results"]:
            if entry["file_id"] == broken:
                entry.update(detections=[], error={"code": failed["code"], "message": failed["message"]})
        route.fulfill(response=answer, json=document)

    console.page.route("**/api/v1/jobs/*/comparison*", compared)
    console.page.route(f"**/api/v1/jobs/{candidate}/results*", results)
    console.open(f"#/jobs/{candidate}/comparison?base={base}")
    expect(console.at("comparison-image").first).to_have_attribute("data-file", broken)
    expect(console.at("comparison-image").first).to_contain_text("failed in the candidate")
    expect(console.at("comparison-failed")).to_contain_text("1 picture of 2 failed")
    expect(console.at("viewer-candidate")).to_contain_text(failed["message"])
    # Nobody looked there: nothing is said to be missing.
    expect(console.at("viewer-base").locator("..")).not_to_contain_text("only here")


def test_jobs_that_cannot_be_compared_say_why(console, server, scene_job, jobs):
    """They have no picture in common, or there is none to compare with."""
    console.watch.expect(r"answered 4\d\d")
    console.open(f"#/jobs/{scene_job}/comparison")
    expect(console.page.locator("main .failure .request-id")).not_to_be_empty()
