"""Files that are refused, by the page before they are sent and by the service after it."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect
from service import SAMPLES

MAX_FILE_BYTES = 52_428_800


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "notes.jpg").write_text("This is no picture.\n" * 100)
    Image.new("RGB", (40, 40)).save(tmp_path / "small.png")
    with open(tmp_path / "large.jpg", "wb") as file:
        file.write((SAMPLES / "scene-1.jpg").read_bytes())
        file.truncate(MAX_FILE_BYTES + 1)
    # Its head is right, and half of its pixels are missing.
    picture = (SAMPLES / "scene-2.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(picture[:len(picture) // 2])
    (tmp_path / "empty.png").write_bytes(b"")
    return tmp_path


REFUSED = {
    "notes.jpg": "JPEG, PNG or TIFF",
    "small.png": "64",
    "large.jpg": "MB",
    "empty.png": "empty",
}


def test_what_cannot_be_right_is_refused_before_it_is_sent(console, folder):
    console.open("#/detect")
    console.choose(SAMPLES / "scene-1.jpg", *(folder / name for name in REFUSED))
    for name, reason in REFUSED.items():
        row = console.at("file-row", name=name, state="refused")
        expect(row).to_have_count(1)
        expect(console.at("file-error", row)).to_contain_text(reason, ignore_case=True)
    # The others go without them.
    console.start()
    expect(console.at("job-state")).to_have_text("completed", ignore_case=True)
    status = console.server.status(console.job_id())
    assert status["progress"]["total_images"] == 1


def test_what_the_service_refuses_is_named_and_the_others_can_go_without_it(console, folder):
    console.watch.expect("answered 400")
    console.open("#/detect")
    console.choose(SAMPLES / "scene-1.jpg", folder / "cut.jpg", SAMPLES / "scene-5.jpg")
    expect(console.at("file-row", state="ready")).to_have_count(3)
    console.at("start-job").click()
    row = console.at("file-row", name="cut.jpg", state="refused")
    expect(row).to_have_count(1)
    expect(console.at("file-error", row)).not_to_be_empty()
    expect(console.page.locator(".failure").first).to_contain_text("cut.jpg")
    expect(console.page.locator(".failure .request-id").first).not_to_be_empty()
    expect(console.at("file-row")).to_have_count(3)
    assert "#/detect" in console.page.url

    retry = console.at("retry-upload")
    (retry if retry.count() and retry.is_visible() else console.at("start-job")).click()
    console.page.wait_for_url("**/#/jobs/job_*")
    status = console.server.wait(console.job_id())
    assert status["status"] == "completed"
    assert status["progress"]["total_images"] == 2


def test_a_name_made_of_markup_is_only_a_name(console, tmp_path):
    name = "<img src=x onerror=alert(1)>&amp;.jpg"
    (tmp_path / name).write_bytes((SAMPLES / "scene-1.jpg").read_bytes())
    console.page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    console.open("#/detect")
    console.choose(tmp_path / name)
    expect(console.at("file-row")).to_contain_text(name)
    console.start()
    expect(console.at("detection-row").first).to_be_visible()
    expect(console.at("image-item").first).to_contain_text(name)
    console.at("nav-jobs").click()
    expect(console.at("job-row").first).to_be_visible()


def test_more_pictures_than_a_job_may_have_become_two_jobs(console, tmp_path):
    data = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(data, "JPEG")
    files = [tmp_path / f"{number:03}.jpg" for number in range(102)]
    for file in files:
        file.write_bytes(data.getvalue())
    console.open("#/detect")
    console.choose(*files)
    expect(console.at("file-row", state="ready")).to_have_count(102)
    started = []
    console.page.on("response", lambda answer: started.append(answer) if "/predict" in answer.url else None)
    console.at("start-job").click()
    expect(console.page.locator("main h1")).to_have_text("Jobs")
    jobs = [answer.json()["data"] for answer in started]
    assert [job["file_count"] for job in jobs] == [100, 2]
    for job in jobs:
        expect(console.at("job-row", job=job["job_id"])).to_have_count(1)


def test_the_same_file_twice_is_taken_once(console):
    console.open("#/detect")
    console.choose(SAMPLES / "scene-1.jpg")
    expect(console.at("file-row")).to_have_count(1)
    console.choose(SAMPLES / "scene-1.jpg", SAMPLES / "scene-2.jpg")
    expect(console.at("file-row", name="scene-2.jpg")).to_have_count(1)
    expect(console.at("file-row", name="scene-1.jpg")).to_have_count(1)
