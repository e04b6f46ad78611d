"""The whole way, with the real model: pictures in, boxes out."""

import re

import pytest
from playwright.sync_api import expect
from service import ROOT, SAMPLES, SOME_SECONDS


@pytest.fixture
def pictures(tmp_path):
    """A folder with a picture and something else, and a picture beside it."""
    folder = tmp_path / "survey"
    folder.mkdir()
    (folder / "scene-5.jpg").write_bytes((SAMPLES / "scene-5.jpg").read_bytes())
    (folder / "inner").mkdir()
    (folder / "inner" / "scene-6.jpg").write_bytes((SAMPLES / "scene-6.jpg").read_bytes())
    return folder


# Whether a row shows a picture that was really decoded.
HAS_THUMBNAIL = """number => {
  const row = document.querySelectorAll('[data-testid="file-row"]')[number];
  return [...row.querySelectorAll("img, canvas")].some((picture) =>
    picture instanceof HTMLImageElement ? picture.complete && picture.naturalWidth > 0 : picture.width > 0);
}"""


def test_pictures_are_dropped_and_chosen_and_their_boxes_looked_at(console, server, pictures):
    console.open("#/detect")
    expect(console.at("start-job")).to_be_disabled()
    console.drop(SAMPLES / "scene-1.jpg", pictures)
    for name in ("scene-1.jpg", "scene-5.jpg", "scene-6.jpg"):
        expect(console.at("file-row", state="ready").filter(has_text=name)).to_have_count(1)
    console.choose(SAMPLES / "scene-2.jpg")
    rows = console.at("file-row", state="ready")
    expect(rows).to_have_count(4)
    for number in range(4):
        rows.nth(number).scroll_into_view_if_needed()
        console.wait(HAS_THUMBNAIL, number)
    # The size in bytes and in pixels.
    expect(console.at("file-row", name="scene-1.jpg")).to_contain_text("92 kB")
    expect(console.at("file-row", name="scene-1.jpg")).to_contain_text(re.compile(r"640\s*[x×]\s*640"))

    console.at("file-remove", console.at("file-row", name="scene-2.jpg")).click()
    expect(rows).to_have_count(3)
    console.set_settings(model="aerial15-obb", confidence=0.3, overlap=0.3, priority="high")
    job = console.start()
    expect(console.at("job-state")).to_have_text("completed", ignore_case=True)

    status = server.status(job)
    assert status["progress"]["total_images"] == 3
    assert status["priority"] == "high"
    results = server.get(f"/api/v1/jobs/{job}/results")
    assert results["model"]["name"] == "aerial15-obb"
    expect(console.at("image-item")).to_have_count(3)
    first = results["results"][0]
    assert first["detections"] and min(d["confidence"] for d in first["detections"]) >= 0.3
    console.at("image-item").first.click()
    expect(console.at("viewer-canvas")).to_be_visible()
    console.has_rows(first["detection_count"])
    assert console.shown_count() == first["detection_count"]


def test_a_folder_is_chosen_with_all_that_is_in_it(console, pictures):
    console.open("#/detect")
    console.choose(pictures, button="choose-folder")
    expect(console.at("file-row", state="ready")).to_have_count(2)


def test_settings_are_kept_by_the_browser_and_can_be_reset(console):
    console.open("#/detect")
    console.set_settings(model="aerial15-obb", confidence=0.4, sahi=False, line_width=3)
    console.page.reload()
    console.reveal(console.at("setting-line-width"))
    expect(console.at("setting-model")).to_have_value("aerial15-obb")
    expect(console.at("setting-confidence")).to_have_value("0.4")
    expect(console.at("setting-sahi")).not_to_be_checked()
    console.at("settings-reset").click()
    expect(console.at("setting-model")).to_have_value("tree-crowns")
    expect(console.at("setting-confidence")).to_have_value("0.25")
    expect(console.at("setting-sahi")).to_be_checked()


@pytest.mark.parametrize("setting,value", [
    ("confidence", "1.5"), ("iou", "-0.1"), ("slice-width", "100"), ("slice-height", "4096"), ("overlap", "0.7"),
    ("max-detections", "0")])
def test_a_setting_out_of_the_contracts_range_is_not_sent(console, setting, value):
    console.open("#/detect")
    console.choose(SAMPLES / "scene-1.jpg")
    field = console.at(f"setting-{setting}")
    console.reveal(field)
    if field.get_attribute("type") == "range":
        # It cannot hold such a value.
        field.evaluate("(field, value) => { field.value = value; }", value)
        assert float(field.get_attribute("min")) <= float(field.input_value()) <= float(field.get_attribute("max"))
        return
    sent = []
    console.page.on("request", lambda request: sent.append(request.url) if "/inference/" in request.url else None)
    field.fill(value)
    field.blur()
    if console.at("start-job").is_enabled():
        console.at("start-job").click()
    expect(field).to_have_js_property("validity.valid", False)
    assert "#/jobs/" not in console.page.url and not sent


def test_an_upload_goes_on_while_one_looks_at_another_page(console, server):
    console.open("#/detect")
    console.choose(SAMPLES / "scene-large.jpg")
    throttle = console.throttle_upload(1_000_000)
    console.at("start-job").click()
    expect(console.at("file-row", state="uploading")).to_have_count(1)
    console.at("nav-jobs").click()
    newest = server.get("/api/v1/jobs?limit=1")["jobs"]
    throttle.lift()
    before = newest[0]["job_id"] if newest else ""
    # A row that somebody is about to use does not move: then the new job waits for a click.
    console.wait("""before => document.querySelector('[data-testid="jobs-new"]')
      || [...document.querySelectorAll('[data-testid="job-row"]')].some((row) => row.dataset.job > before)""", before)


def test_progress_is_live_and_the_results_come_by_themselves(console, server):
    job = server.start_job(SAMPLES / "scene-large.jpg", **SOME_SECONDS)
    console.open(f"#/jobs/{job}")
    expect(console.at("job-progress")).to_be_visible()
    console.page.evaluate("""() => {
      window.seen = [];
      new MutationObserver(() => {
        const value = document.querySelector('[data-testid="job-progress"]')?.value;
        if (value !== undefined && window.seen.at(-1) !== value) window.seen.push(value);
      }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    }""")
    server.wait(job)
    expect(console.at("detection-row").first).to_be_visible()
    seen = console.page.evaluate("window.seen")
    assert len(seen) >= 4, f"nothing moves: {seen}"
    assert seen == sorted(seen), "progress goes back"
    expect(console.at("job-state")).to_have_text("completed", ignore_case=True)


def test_a_picture_is_pasted(console):
    console.open("#/detect")
    console.paste("clip.png", (ROOT / "Tests/Fixtures/images/png-rgb8.png").read_bytes())
    expect(console.at("file-row", name="clip.png", state="ready")).to_have_count(1)


def test_pictures_of_the_last_job_are_used_again_with_other_settings(console, server):
    console.open("#/detect")
    console.choose(SAMPLES / "scene-1.jpg")
    first = console.start()
    console.at("nav-detect").click()
    console.at("reuse-pictures").click()
    expect(console.at("file-row", state="sent")).to_have_count(1)
    console.set_settings(model="aerial15-obb")
    uploads = []
    console.page.on("request", lambda request: uploads.append(request.url) if "/upload" in request.url else None)
    second = console.start()
    assert second != first and not uploads
    assert server.status(second)["upload_id"] == server.status(first)["upload_id"]
