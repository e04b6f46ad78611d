"""What one takes home is what the API gives, and the lines that are shown do the same."""

import io
import subprocess
import sys
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import expect

FORMATS = ["json", "yolo", "coco", "voc", "csv", "geojson"]


@pytest.fixture
def panel(console, scene_job):
    console.open(f"#/jobs/{scene_job}")
    expect(console.at("detection-row").first).to_be_visible()
    console.show_tab("export")
    expect(console.at("export-panel")).to_be_visible()
    return console


def download(console, testid):
    with console.page.expect_download() as taken:
        console.at(testid).click()
    path = taken.value.path()
    return taken.value.suggested_filename, path.read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_downloaded_as_the_api_gives_it(panel, server, scene_job, name):
    filename, data = download(panel, f"export-format-{name}")
    assert data == server.call("GET", f"/api/v1/jobs/{scene_job}/results?format={name}")
    assert filename.endswith({"csv": ".csv", "geojson": ".geojson"}.get(name, ".json"))


def contents(data):
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return {entry.filename: (entry.file_size, entry.CRC) for entry in archive.infolist()}


@pytest.mark.parametrize("name,images", [("json", True), ("yolo", True), ("coco", False)])
def test_the_archive_holds_what_the_api_packs(panel, server, scene_job, name, images):
    panel.at("export-zip-format").select_option(name)
    panel.at("export-images").set_checked(images)
    filename, data = download(panel, "export-zip")
    assert filename.endswith(".zip")
    text = str(images).lower()
    wanted = contents(server.call("GET", f"/api/v1/jobs/{scene_job}/export?format={name}&images={text}"))
    assert contents(data) == wanted
    assert len(wanted) > 1
    assert any("scene-1" in file and file.endswith(".jpg") for file in wanted) == images


def test_only_what_is_shown_is_taken_when_one_wants_so(panel, server, scene_job):
    panel.at("confidence-number").fill("0.6")
    panel.at("export-shown-only").check()
    _, data = download(panel, "export-format-csv")
    assert data == server.call("GET", f"/api/v1/jobs/{scene_job}/results?format=csv&min_confidence=0.6")
    panel.at("export-scope").select_option("one")
    file = server.get(f"/api/v1/jobs/{scene_job}/results")["results"][0]["file_id"]
    _, data = download(panel, "export-format-csv")
    assert data == server.call("GET", f"/api/v1/jobs/{scene_job}/results?format=csv&min_confidence=0.6&file_id={file}")


def test_the_annotated_picture_is_downloaded(panel, server, scene_job):
    file = server.get(f"/api/v1/jobs/{scene_job}/results")["results"][0]["file_id"]
    _, data = download(panel, "export-annotated")
    assert data == server.call("GET", f"/api/v1/files/{file}/annotated?job_id={scene_job}")


def test_the_view_is_saved_as_png(panel):
    filename, data = download(panel, "export-view")
    assert filename.endswith(".png")
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    assert picture.width >= 200 and picture.height >= 200
    # The picture and its boxes, not an empty canvas.
    assert len(picture.resize((64, 64)).getcolors(4096)) > 50


@pytest.mark.parametrize("language", ["curl", "python"])
def test_the_lines_that_are_shown_work(panel, server, scene_job, tmp_path, language):
    text = panel.at(f"snippet-{language}").inner_text()
    assert server.url in text and scene_job in text
    command = ["bash", "-ec", text] if language == "curl" else [sys.executable, "-c", text]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    written = [file.read_bytes() for file in tmp_path.iterdir()] + [done.stdout]
    wanted = server.get(f"/api/v1/jobs/{scene_job}/results")["results"][0]["file_id"].encode()
    assert any(wanted in data or data[:2] == b"PK" for data in written), written


def test_a_snippet_is_copied(panel, scene_job):
    panel.at("copy-snippet").first.click()
    panel.wait("async job => (await navigator.clipboard.readText()).includes(job)", scene_job)
