"""Pictures of each page with real results, light and dark, for people to look at."""

import pytest
from PIL import Image
from playwright.sync_api import expect
from service import ROOT, SAMPLES, SOME_MINUTES

SCREENS = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {
        "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True},
}


@pytest.fixture(scope="module")
def server(make_server):
    server = make_server()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def jobs(server):
    """Jobs of several kinds, two of them worth looking at, and one that is compared with the last of these."""
    server.publish("harbour", ROOT / "Models/aerial15-obb.onnx", {"confidence_threshold": 0.5})
    server.run_job(SAMPLES / "scene-2.jpg", SAMPLES / "scene-3.jpg")
    cancelled = server.start_job(SAMPLES / "scene-large.jpg", **SOME_MINUTES)
    server.post(f"/api/v1/jobs/{cancelled}/cancel")
    server.run_job(SAMPLES / "scene-4.jpg", model="aerial15-obb")
    large = server.run_job(SAMPLES / "yell-541000.jpg")
    scenes = server.run_job(
        *(SAMPLES / f"scene-{number}.jpg" for number in (1, 5, 6)), SAMPLES / "scene-large.jpg", model="aerial15-obb")
    return {"trees": large, "job": scenes, "comparison": server.post(
        f"/api/v1/jobs/{scenes}/compare", {"model": "harbour"})["job_id"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_each_page_is_drawn(make_console, server, jobs, screenshots, screen, scheme):
    console = make_console(server, color_scheme=scheme, **SCREENS[screen])

    def take(name):
        console.page.wait_for_load_state("networkidle")
        path = screenshots / f"{name}-{screen}-{scheme}.png"
        console.page.screenshot(path=path, animations="disabled")
        # Something is on it.
        assert len(Image.open(path).convert("RGB").resize((100, 100)).getcolors(10_000)) > 20, path
        print(path)

    console.open("#/detect")
    take("detect-empty")
    console.at("file-input").set_input_files([
        *(SAMPLES / f"scene-{number}.jpg" for number in range(1, 7)), SAMPLES / "yell-541000.jpg",
        SAMPLES / "scene-1.txt"])
    expect(console.at("file-row")).to_have_count(8)
    # Those that are in view have their thumbnails.
    console.wait("""() => [...document.querySelectorAll('[data-testid="file-row"][data-state="ready"]')].every((row) =>
      row.getBoundingClientRect().top > innerHeight || row.querySelector("canvas"))""")
    take("detect")
    console.open("#/jobs")
    expect(console.at("job-row")).to_have_count(6)
    take("jobs")
    console.open("#/models")
    expect(console.at("model-row")).to_have_count(3)
    take("models")
    console.watch.expect("answered 404: GET .*/golden")
    console.open("#/models/harbour")
    expect(console.at("version-row")).to_contain_text("production")
    expect(console.at("shadow-set")).to_be_visible()
    take("model")
    server.wait(jobs["comparison"])
    console.open(f"#/jobs/{jobs['comparison']}/comparison")
    expect(console.at("viewer-candidate").locator(".viewer-stage")).to_have_attribute("aria-busy", "false")
    take("comparison")
    for name in ("trees", "job"):
        console.open(f"#/jobs/{jobs[name]}")
        expect(console.at("detection-row").first).to_be_visible()
        console.shows_picture(console.shown_count())
        take(name)
    console.open("#/monitor")
    expect(console.at("store-health").first).to_be_visible()
    take("monitor")
