"""Uploads and jobs that are called off, jobs that are done again and deleted, links that are shared."""

import re

import pytest
from playwright.sync_api import expect
from service import SAMPLES, SOME_MINUTES, Failure


def uploaded_files(server):
    text = server.call("GET", "/metrics").decode()
    return float(re.search(r"^uploaded_files_total(?:\{\})? ([\d.e+]+)$", text, re.M)[1])


def test_an_upload_in_flight_is_cancelled_and_sent_again(console, server):
    before = uploaded_files(server)
    console.open("#/detect")
    console.choose(SAMPLES / "scene-1.jpg", SAMPLES / "scene-large.jpg")
    expect(console.at("file-row", state="ready")).to_have_count(2)
    throttle = console.throttle_upload(200_000)
    console.at("start-job").click()
    expect(console.at("file-row", state="uploading").first).to_be_visible()
    # It says how far it is.
    bars = """[...document.querySelectorAll('[data-testid="file-progress"]')]"""
    console.wait(f"() => {bars}.some((bar) => bar.value > 0)")
    console.at("cancel-upload").click()
    expect(console.at("file-row", state="ready")).to_have_count(2)
    expect(console.at("cancel-upload")).to_be_hidden()
    throttle.lift()
    assert uploaded_files(server) == before
    job = console.start()
    assert server.wait(job)["progress"]["total_images"] == 2


def test_a_job_is_cancelled_on_its_page_and_done_again(console, server):
    job = server.start_job(SAMPLES / "scene-large.jpg", **SOME_MINUTES)
    console.open(f"#/jobs/{job}")
    expect(console.at("job-state")).to_have_text("processing", ignore_case=True)
    console.at("job-cancel").click()
    expect(console.at("job-state")).to_have_text("cancelled", ignore_case=True)
    assert server.status(job)["status"] == "cancelled"
    expect(console.at("job-cancel")).to_be_hidden()

    console.at("job-retry").click()
    console.wait("job => !location.hash.includes(job) && location.hash.startsWith('#/jobs/job_')", job)
    again = console.job_id()
    expect(console.at("job-state")).to_have_text("processing", ignore_case=True)
    assert server.status(again)["status"] == "processing"


def test_a_job_is_cancelled_repeated_and_deleted_in_the_list(console, server):
    job = server.start_job(SAMPLES / "scene-large.jpg", **SOME_MINUTES)
    console.open("#/jobs")
    row = console.at("job-row", job=job)
    expect(row).to_have_attribute("data-state", re.compile("queued|processing"))
    console.at("job-cancel", row).click()
    console.confirm()
    expect(row).to_have_attribute("data-state", "cancelled")

    with console.page.expect_response("**/retry") as answer:
        console.at("job-retry", row).click()
    again = answer.value.json()["data"]["job_id"]
    # A row that somebody is about to use does not move: the new job waits for a click.
    repeated = console.at("job-row", job=again)
    expect(console.at("jobs-new").or_(repeated).first).to_be_visible()
    if console.at("jobs-new").is_visible():
        console.at("jobs-new").click()
    expect(repeated).to_have_attribute("data-state", "processing")
    console.at("job-cancel", repeated).click()
    console.confirm()
    expect(repeated).to_have_attribute("data-state", "cancelled")

    console.at("job-delete", repeated).click()
    console.decline()
    expect(repeated).to_have_count(1)
    console.at("job-delete", repeated).click()
    console.confirm()
    # Both jobs were over the same upload.
    expect(repeated).to_have_count(0)
    expect(row).to_have_count(0)
    with pytest.raises(Failure) as failure:
        server.status(job)
    assert failure.value.status == 404


def test_a_job_is_deleted_on_its_page(console, server):
    job = server.run_job(SAMPLES / "scene-1.jpg")
    console.open(f"#/jobs/{job}")
    console.at("job-delete").click()
    console.confirm()
    expect(console.page.locator("main h1")).to_have_text("Jobs")
    expect(console.at("job-row", job=job)).to_have_count(0)
    with pytest.raises(Failure):
        server.status(job)


def test_the_list_is_live(console, server):
    console.open("#/jobs")
    expect(console.page.locator("main h1")).to_have_text("Jobs")
    job = server.start_job(SAMPLES / "scene-large.jpg", **SOME_MINUTES)
    row = console.at("job-row", job=job)
    expect(row).to_have_attribute("data-state", "processing")
    expect(row.locator("progress, [role=progressbar]")).to_have_count(1)
    server.post(f"/api/v1/jobs/{job}/cancel")
    expect(row).to_have_attribute("data-state", "cancelled")


def test_a_shared_link_opens_the_picture_in_another_browser(console, make_console, server, scene_job):
    console.open(f"#/jobs/{scene_job}")
    console.at("image-item").nth(1).click()
    file = server.get(f"/api/v1/jobs/{scene_job}/results")["results"][1]
    console.wait("file => location.hash.includes(file)", file["file_id"])
    console.at("copy-link").click()
    link = console.page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{server.url}/#/jobs/{scene_job}")
    assert file["file_id"] in link
    other = make_console(server)
    other.page.goto(link)
    other.has_rows(file["detection_count"])
    expect(other.page.locator("main")).to_contain_text(file["filename"])
