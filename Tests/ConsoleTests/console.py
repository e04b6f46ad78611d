"""The console as a test uses it: elements by their `data-testid`, and what hands do with files."""

import base64
import re
from pathlib import Path

from playwright.sync_api import expect

TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".ico": "image/x-icon"}
# As the service sends it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "font-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


def serve_from(context, folder, base):
    """Answers `/` and `/console/NAME` from a folder, for files that the binary does not hold yet."""
    folder = Path(folder)

    def answer(route):
        name = route.request.url.removeprefix(base).split("?")[0].removeprefix("/console/").strip("/")
        file = folder / (name or "index.html")
        if not file.is_file():
            route.fulfill(status=404, body="")
            return
        route.fulfill(body=file.read_bytes(), headers={
            "Content-Type": TYPES[file.suffix], "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"})

    context.route(f"{base}/", answer)
    context.route(f"{base}/console/**", answer)


# Where a point of the picture is in the window.
POINT = """([x, y]) => {
  const { scale, x: centreX, y: centreY } = document.querySelector('[data-testid="viewer"]').viewer.view;
  const stage = document.querySelector(".viewer-stage").getBoundingClientRect();
  return [stage.left + stage.width / 2 + (x - centreX) * scale, stage.top + stage.height / 2 + (y - centreY) * scale];
}"""


class Throttle:
    """A slow way up, until it is lifted."""

    def __init__(self, page, bytes_per_second):
        self.session = page.context.new_cdp_session(page)
        self.session.send("Network.enable")
        self.set(bytes_per_second)

    def set(self, bytes_per_second):
        self.session.send("Network.emulateNetworkConditions", {
            "offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second})

    def lift(self):
        self.set(-1)


class Console:
    def __init__(self, page, server, watch):
        self.page = page
        self.server = server
        self.watch = watch

    def open(self, address="#/detect"):
        """Goes to a page of the console, and returns when it shows its title."""
        self.page.goto(f"{self.server.url}/{address}")
        expect(self.page.locator("main h1")).to_be_visible()

    def at(self, testid, within=None, **data):
        """The elements with this `data-testid`, and with these further `data-` attributes."""
        attributes = "".join(
            f'[data-{name.replace("_", "-")}="{value}"]' for name, value in data.items())
        return (within or self.page).locator(f'[data-testid="{testid}"]{attributes}')

    def choose(self, *files, button="choose-files"):
        """Takes files, or with another button a folder, in the browser's own dialog."""
        with self.page.expect_file_chooser() as chooser:
            self.at(button).click()
        chooser.value.set_files([str(file) for file in files])

    def throttle_upload(self, bytes_per_second):
        return Throttle(self.page, bytes_per_second)

    def drop(self, *paths):
        """Drops files and folders from outside the browser, by its own drag events."""
        zone = self.at("drop-zone")
        zone.scroll_into_view_if_needed()
        box = zone.bounding_box()
        session = self.page.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {
                "type": kind, "x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "data": data})
        session.detach()

    def set_settings(self, **values):
        """Sets fields of the settings by the end of their `data-testid`; sections that are closed are opened first."""
        for name, value in values.items():
            field = self.at(f"setting-{name.replace('_', '-')}")
            self.reveal(field)
            kind = field.evaluate("e => e.tagName === 'INPUT' ? e.type : e.tagName.toLowerCase()")
            if kind == "select":
                field.select_option(value)
            elif kind == "checkbox":
                field.set_checked(value)
            else:
                field.fill(str(value))
                field.blur()

    def reveal(self, element):
        """Opens the `details` that an element is in."""
        element.evaluate("""element => {
          for (let e = element; e; e = e.parentElement) if (e.matches("details")) e.open = true;
        }""")

    def start(self):
        """Starts the job; its id, once its page is there."""
        self.at("start-job").click()
        self.page.wait_for_url("**/#/jobs/job_*")
        return self.job_id()

    def job_id(self):
        return self.page.evaluate("location.hash").split("/")[2].split("?")[0]

    def shown_count(self):
        """How many detections the page says it shows."""
        text = self.at("shown-count").inner_text()
        return int(text.replace(",", "").split()[0])

    def has_rows(self, number):
        """Waits for so many detections in the table, which makes only the rows that are seen."""
        expect(self.at("detection-table")).to_have_attribute("aria-rowcount", str(number + 1))

    @property
    def stage(self):
        """Where the viewer takes hands and keys."""
        return self.page.locator(".viewer-stage")

    def shows_picture(self, boxes, of=None):
        """Waits until the viewer has its whole picture, and this many boxes."""
        expect(self.stage).to_have_attribute("aria-busy", "false")
        text = f"{boxes:,} of {boxes if of is None else of:,} box"
        expect(self.stage).to_have_attribute("aria-label", re.compile(re.escape(text)))

    def draws_boxes(self, number):
        """Waits until so many boxes are drawn; many come over some frames."""
        self.wait(
            "number => document.querySelector('[data-testid=\"viewer\"]').viewer.renderStats.boxes === number", number)

    def view(self):
        return self.page.evaluate("document.querySelector('[data-testid=\"viewer\"]').viewer.view")

    def wait_view(self, condition, argument=None):
        """Until the view of the picture is as wished: `(view, argument) => ...`."""
        self.wait(
            "argument => (" + condition + ")(document.querySelector('[data-testid=\"viewer\"]').viewer.view, argument)",
            argument)

    def fit(self):
        """All of the picture, in the middle of the window."""
        self.at("viewer-fit").click()
        self.stage.scroll_into_view_if_needed()

    def point(self, x, y):
        return self.page.evaluate(POINT, [x, y])

    def middle(self, detection):
        """Where the middle of a detection's box is in the window."""
        box = detection["bbox"]
        return self.point((box["x_min"] + box["x_max"]) / 2, (box["y_min"] + box["y_max"]) / 2)

    def show_tab(self, name):
        self.at(f"tab-{name}").click()

    def wait(self, condition, argument=None):
        """Until a function of JavaScript says true."""
        self.page.wait_for_function(condition, arg=argument)

    def confirm(self):
        """Says yes in the open dialog."""
        dialog = self.page.locator("dialog[open]")
        self.at("dialog-confirm", dialog).click()
        expect(dialog).to_have_count(0)

    def decline(self):
        dialog = self.page.locator("dialog[open]")
        dialog.locator('button[value="cancel"]').click()
        expect(dialog).to_have_count(0)

    def paste(self, name, data):
        """Pastes a file as a screenshot is pasted."""
        expect(self.at("drop-zone")).to_be_visible()
        self.page.evaluate("""([name, text]) => {
          const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], name, { type: "image/png" }));
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
        }""", [name, base64.b64encode(data).decode()])
