"""Looking at a picture's boxes."""

from playwright.sync_api import expect
from service import SAMPLES

SET_SLIDER = """(slider, value) => {
  slider.value = String(value);
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  slider.dispatchEvent(new Event("change", { bubbles: true }));
  return Number(slider.value);
}"""


def test_the_confidence_slider_acts_at_once_on_boxes_rows_and_counts(job_page, results):
    detections = results[0]["detections"]
    slider = job_page.at("confidence-slider")
    for wish in (0.5, 0.7, 0.0):
        threshold = slider.evaluate(SET_SLIDER, wish)
        left = sum(d["confidence"] >= threshold - 1e-9 for d in detections)
        job_page.has_rows(left)
        assert job_page.shown_count() == left
        job_page.shows_picture(left, of=len(detections))
    assert left == len(detections)


def test_the_class_filter_leaves_the_classes_that_are_on(job_page, results):
    detections = results[0]["detections"]
    names = sorted({d["class_name"] for d in detections})
    assert len(names) >= 3
    off = names[0]
    job_page.at("class-toggle", **{"class": off}).click()
    left = sum(d["class_name"] != off for d in detections)
    job_page.has_rows(left)
    assert job_page.shown_count() == left
    job_page.shows_picture(left, of=len(detections))
    # The numbers beside the classes are of this picture.
    for name in names:
        count = sum(d["class_name"] == name for d in detections)
        expect(job_page.at("class-filter")).to_contain_text(str(count))
    job_page.at("class-toggle", **{"class": off}).click()
    job_page.has_rows(len(detections))


def test_a_row_selects_its_box_and_a_box_its_row(job_page, results):
    rows = job_page.at("detection-row")
    rows.nth(2).click()
    expect(rows.nth(2)).to_have_attribute("aria-selected", "true")
    expect(job_page.page.locator('[data-testid="detection-row"][aria-selected="true"]')).to_have_count(1)
    # The smallest box: none lies within it.
    detections = results[0]["detections"]
    smallest = min(range(len(detections)), key=lambda i: area(detections[i]))
    job_page.fit()
    x, y = job_page.middle(detections[smallest])
    job_page.page.mouse.click(x, y)
    expect(job_page.at("detection-row", index=smallest)).to_have_attribute("aria-selected", "true")
    expect(job_page.at("detection-row", index=smallest)).to_be_in_viewport()
    expect(job_page.page.locator('[data-testid="detection-row"][aria-selected="true"]')).to_have_count(1)


def area(detection):
    box = detection["bbox"]
    return (box["x_max"] - box["x_min"]) * (box["y_max"] - box["y_min"])


def test_a_box_under_the_pointer_says_what_it_is(job_page, results):
    detections = results[0]["detections"]
    smallest = min(detections, key=area)
    job_page.fit()
    x, y = job_page.middle(smallest)
    job_page.page.mouse.move(x - 1, y)
    job_page.page.mouse.move(x, y)
    tooltip = job_page.at("viewer-tooltip")
    expect(tooltip).to_be_visible()
    expect(tooltip).to_contain_text(smallest["class_name"].replace("_", " "))
    expect(tooltip).to_contain_text(f'{smallest["confidence"]:.2f}')


def test_original_and_annotated_take_turns(job_page, scene_job, results):
    toggle = job_page.at("toggle-annotated")
    with job_page.page.expect_response(f"**/files/{results[0]['file_id']}/annotated*") as answer:
        toggle.click()
    assert answer.value.status == 200
    assert f"job_id={scene_job}" in answer.value.url
    expect(toggle).to_have_attribute("aria-pressed", "true")
    # The boxes are in the picture now, and are not drawn over it a second time.
    count = len(results[0]["detections"])
    job_page.shows_picture(count)
    layer = job_page.page.locator(".viewer-stage > [hidden] canvas")
    expect(layer.first).to_be_attached()
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    expect(layer).to_have_count(0)
    job_page.draws_boxes(count)


def test_the_keyboard_goes_through_the_pictures_and_the_address_follows(job_page, results):
    job_page.stage.focus()
    job_page.page.keyboard.press("n")
    job_page.has_rows(results[1]["detection_count"])
    job_page.wait("file => location.hash.includes(file)", results[1]["file_id"])
    job_page.page.keyboard.press("p")
    job_page.has_rows(results[0]["detection_count"])
    job_page.at("next-image").click()
    job_page.wait("file => location.hash.includes(file)", results[1]["file_id"])
    expect(job_page.at("next-image")).to_be_disabled()
    job_page.at("previous-image").click()
    job_page.wait("file => location.hash.includes(file)", results[0]["file_id"])


def test_a_link_with_a_filter_shows_the_same(job_page, make_console, results):
    job_page.at("confidence-slider").evaluate(SET_SLIDER, 0.5)
    detections = results[0]["detections"]
    off = detections[0]["class_name"]
    job_page.at("class-toggle", **{"class": off}).click()
    left = sum(d["confidence"] >= 0.5 and d["class_name"] != off for d in detections)
    job_page.has_rows(left)
    job_page.wait("() => location.hash.includes('confidence=0.5')")
    other = make_console(job_page.server)
    other.page.goto(job_page.page.url)
    other.has_rows(left)
    assert other.shown_count() == left


def test_statistics_count_what_is_shown(job_page, results):
    job_page.show_tab("statistics")
    expect(job_page.at("histogram")).to_be_visible()
    for name in {d["class_name"] for d in results[0]["detections"]}:
        expect(job_page.at("class-counts")).to_contain_text(name.replace("_", " "))


def test_what_a_rule_changed_is_told(console, server):
    """Of a job whose rules did something."""
    job = server.run_job(
        SAMPLES / "scene-1.jpg", SAMPLES / "scene-5.jpg", SAMPLES / "scene-6.jpg", model="aerial15-obb",
        symbolic_reasoning={"rules": "dota"})
    results = server.get(f"/api/v1/jobs/{job}/results")["results"]
    result, detection = next((r, d) for r in results for d in r["detections"] if "reasoning" in d)
    console.open(f"#/jobs/{job}?file={result['file_id']}")
    console.shows_picture(result["detection_count"])
    expect(console.at("detection-table")).to_contain_text(detection["reasoning"]["rules"][0])
    console.fit()
    x, y = console.middle(detection)
    console.page.mouse.move(x - 1, y)
    console.page.mouse.move(x, y)
    expect(console.at("viewer-tooltip")).to_be_visible()


def test_a_picture_that_failed_says_why_and_the_others_are_there(console, server, scene_job, results):
    failed = {"code": "INFERENCE_ERROR", "message": "The engine ran out of memory"}

    def one_failed(route):
        answer = route.fetch()
        document = answer.json()
        data = document["data"]
        for entry in data.get("results", []) + data.get("visualizations", []):
            if entry["file_id"] == results[1]["file_id"]:
                entry.update(detection_count=0, error=failed)
                if "detections" in entry:
                    entry["detections"] = []
        route.fulfill(response=answer, json=document)

    console.page.route("**/api/v1/jobs/*/results*", one_failed)
    console.page.route("**/api/v1/jobs/*/visualization*", one_failed)
    console.open(f"#/jobs/{scene_job}?file={results[1]['file_id']}")
    expect(console.page.locator("main")).to_contain_text(failed["message"])
    expect(console.at("detection-row")).to_have_count(0)
    console.at("image-item").first.click()
    console.has_rows(results[0]["detection_count"])
