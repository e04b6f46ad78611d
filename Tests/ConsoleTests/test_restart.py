"""The server dies in the middle, and comes back."""

import pytest
from playwright.sync_api import expect
from service import SAMPLES, SOME_SECONDS

# What the page said of the job, each time that it changed.
RECORD = """() => {
  const texts = window.recorded = { states: [], percentages: [], failures: [] };
  const add = (list, value) => { if (value !== undefined && list.at(-1) !== value) list.push(value); };
  const look = () => {
    add(texts.states, document.querySelector('[data-testid="job-state"]')?.textContent.trim().toLowerCase());
    add(texts.percentages, document.querySelector('[data-testid="job-progress"]')?.value);
    for (const box of document.querySelectorAll(".failure")) add(texts.failures, box.textContent);
  };
  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, characterData: true, attributes: true });
  look();
}"""


@pytest.fixture
def server(make_server):
    # A dead worker's job goes on soon.
    server = make_server(job_lease_seconds=2, heartbeat_seconds=0.5)
    yield server
    server.stop()


def test_a_page_goes_on_by_itself_when_the_server_was_killed_and_started(console, server):
    job = server.start_job(SAMPLES / "scene-large.jpg", **SOME_SECONDS)
    console.watch.expect_loss()
    console.open(f"#/jobs/{job}")
    jobs = console.page.context.new_page()
    jobs.goto(f"{server.url}/#/jobs")
    row = jobs.locator(f'[data-testid="job-row"][data-job="{job}"]')
    expect(row).to_have_attribute("data-state", "processing")
    console.page.bring_to_front()
    console.page.evaluate(RECORD)
    server.wait(job, lambda status: 5 <= status["progress"]["percentage"] < 100)
    console.wait("window.recorded.percentages.some((value) => value >= 5)")

    server.kill()
    expect(console.at("connection-lost")).to_be_visible()
    expect(console.at("job-state")).to_have_text("processing", ignore_case=True)
    server.start()
    expect(console.at("connection-lost")).to_have_count(0)
    server.wait(job)
    expect(console.at("job-state")).to_have_text("completed", ignore_case=True)
    expect(console.at("detection-row").first).to_be_visible()
    # The other page was in the background: it says the same once it is looked at.
    jobs.bring_to_front()
    expect(row).to_have_attribute("data-state", "completed")

    recorded = console.page.evaluate("window.recorded")
    assert set(recorded["states"]) <= {"queued", "processing", "completed"}, recorded
    assert recorded["states"][-1] == "completed"
    assert recorded["percentages"] == sorted(recorded["percentages"]), "progress goes back"
    assert recorded["failures"] == []
    assert server.status(job)["status"] == "completed"


def test_a_page_that_is_opened_while_the_server_is_away_says_so_and_shows_itself_later(console, server):
    console.watch.expect_loss()
    console.open("#/detect")
    console.at("nav-jobs").click()
    expect(console.page.locator("main h1")).to_have_text("Jobs")
    console.at("nav-detect").click()
    expect(console.at("drop-zone")).to_be_visible()

    server.kill()
    console.at("nav-jobs").click()
    expect(console.at("connection-lost")).to_be_visible()
    expect(console.at("jobs-empty")).to_have_count(0)
    server.start()
    expect(console.at("connection-lost")).to_have_count(0)
    expect(console.at("jobs-empty")).to_be_visible()


@pytest.mark.parametrize(("address", "part"), [
    ("#/monitor", "[data-testid=store-health]"), ("#/jobs/job_00000000000000000000000000", "main .request-id")])
def test_a_page_whose_files_could_not_be_loaded_shows_itself_when_the_server_is_back(console, server, address, part):
    console.watch.expect_loss()
    console.watch.expect("answered 404")
    console.open("#/detect")
    expect(console.at("drop-zone")).to_be_visible()

    server.kill()
    console.page.evaluate(f"location.hash = '{address}'")
    expect(console.at("connection-lost")).to_be_visible()
    server.start()
    expect(console.page.locator(part).first).to_be_visible()
    expect(console.at("connection-lost")).to_have_count(0)


def test_files_that_were_being_sent_are_sent_again_on_demand(console, server):
    console.watch.expect_loss()
    console.open("#/detect")
    console.choose(SAMPLES / "scene-1.jpg", SAMPLES / "scene-large.jpg")
    throttle = console.throttle_upload(100_000)
    console.at("start-job").click()
    expect(console.at("file-row", state="uploading").first).to_be_visible()

    server.kill()
    retry = console.at("retry-upload")
    expect(retry).to_be_visible()
    throttle.lift()
    server.start()
    expect(console.at("connection-lost")).to_have_count(0)
    retry.click()
    console.page.wait_for_url("**/#/jobs/job_*")
    status = server.wait(console.job_id())
    assert status["status"] == "completed"
    assert status["progress"]["total_images"] == 2
