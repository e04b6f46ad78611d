"""The picture under hands: wheel, drag, buttons, keys, fingers."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def viewer(job_page):
    job_page.fit()
    return job_page


def under(console, x, y):
    """The point of the picture that is at a point of the window."""
    view = console.view()
    centre = console.point(view["x"], view["y"])
    return view["x"] + (x - centre[0]) / view["scale"], view["y"] + (y - centre[1]) / view["scale"]


def test_a_wheel_zooms_and_leaves_what_is_under_it(viewer):
    fit = viewer.view()
    x, y = viewer.point(fit["x"] * 0.7, fit["y"] * 0.8)
    viewer.page.mouse.move(x, y)
    before = under(viewer, x, y)
    viewer.page.mouse.wheel(0, -400)
    viewer.wait_view("(view, scale) => view.scale > scale * 1.2", fit["scale"])
    assert under(viewer, x, y) == pytest.approx(before, abs=2 / fit["scale"])
    viewer.page.mouse.wheel(0, 4000)
    viewer.wait_view("(view, scale) => Math.abs(view.scale - scale) < 1e-9", min(fit["scale"], 1))


def test_a_drag_moves_the_picture_by_as_much(viewer):
    viewer.at("viewer-zoom-in").click()
    viewer.at("viewer-zoom-in").click()
    viewer.wait_view("(view, scale) => view.scale > scale", viewer.view()["scale"] - 0.001)
    view = viewer.view()
    x, y = viewer.point(view["x"], view["y"])
    viewer.page.mouse.move(x, y)
    viewer.page.mouse.down()
    viewer.page.mouse.move(x + 30, y + 20, steps=6)
    viewer.page.mouse.up()
    moved = viewer.view()
    assert moved["scale"] == view["scale"]
    assert view["x"] - moved["x"] == pytest.approx(30 / view["scale"], abs=6 / view["scale"])
    assert view["y"] - moved["y"] == pytest.approx(20 / view["scale"], abs=6 / view["scale"])


def test_buttons_and_keys_do_what_they_say(viewer):
    fit = viewer.view()["scale"]
    viewer.at("viewer-actual").click()
    viewer.wait_view("view => view.scale === 1")
    viewer.at("viewer-zoom-in").click()
    viewer.wait_view("view => view.scale > 1")
    viewer.at("viewer-zoom-out").click()
    viewer.wait_view("view => Math.abs(view.scale - 1) < 1e-6")
    viewer.at("viewer-fit").click()
    viewer.wait_view("(view, fit) => Math.abs(view.scale - fit) < 1e-6", fit)
    viewer.stage.focus()
    viewer.page.keyboard.press("+")
    viewer.wait_view("(view, fit) => view.scale > fit", fit)
    x = viewer.view()["x"]
    viewer.page.keyboard.press("ArrowRight")
    viewer.wait_view("(view, x) => view.x > x", x)
    viewer.page.keyboard.press("1")
    viewer.wait_view("view => view.scale === 1")
    viewer.page.keyboard.press("0")
    viewer.wait_view("(view, fit) => Math.abs(view.scale - fit) < 1e-6", fit)


def test_a_double_click_goes_in(viewer):
    fit = viewer.view()
    viewer.page.mouse.dblclick(*viewer.point(fit["x"], fit["y"]))
    viewer.wait_view("(view, scale) => view.scale > scale * 1.5", fit["scale"])


def test_two_fingers_zoom(make_console, server, scene_job, results):
    phone = make_console(server, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    phone.open(f"#/jobs/{scene_job}")
    phone.shows_picture(results[0]["detection_count"])
    phone.fit()
    fit = phone.view()
    x, y = phone.point(fit["x"], fit["y"])
    session = phone.page.context.new_cdp_session(phone.page)

    def touch(kind, *points):
        session.send("Input.dispatchTouchEvent", {
            "type": kind, "touchPoints": [{"x": px, "y": py, "id": number} for number, (px, py) in enumerate(points)]})

    touch("touchStart", (x - 30, y), (x + 30, y))
    for step in range(1, 7):
        touch("touchMove", (x - 30 - 12 * step, y), (x + 30 + 12 * step, y))
    touch("touchEnd")
    phone.wait_view("(view, scale) => view.scale > scale * 1.5", fit["scale"])


def test_the_minimap_shows_where_one_is_and_takes_one_elsewhere(viewer):
    for _ in range(8):
        viewer.at("viewer-zoom-in").click()
    minimap = viewer.at("viewer-minimap")
    expect(minimap).to_be_visible()
    box = minimap.bounding_box()
    before = viewer.view()
    viewer.page.mouse.click(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2)
    viewer.wait_view("(view, before) => view.x < before.x && view.y < before.y", before)


def test_detections_are_gone_through_by_keys(viewer, results):
    viewer.stage.focus()
    viewer.page.keyboard.press(".")
    expect(viewer.at("detection-row", index=0)).to_have_attribute("aria-selected", "true")
    viewer.page.keyboard.press(".")
    expect(viewer.at("detection-row", index=1)).to_have_attribute("aria-selected", "true")
    viewer.page.keyboard.press(",")
    expect(viewer.at("detection-row", index=0)).to_have_attribute("aria-selected", "true")
    viewer.page.keyboard.press("Escape")
    expect(viewer.page.locator('[data-testid="detection-row"][aria-selected="true"]')).to_have_count(0)
