"""What a page must not do unseen: log errors, break the policy, ask another host, lose a request."""

import re
from urllib.parse import urlsplit

# A page that is left ends its requests itself.
ENDED_BY_PAGE = "net::ERR_ABORTED"


class Watch:
    """Collects what went wrong in a context's pages; a test says beforehand what it provokes."""

    def __init__(self, context, base):
        self.host = urlsplit(base).netloc
        self.found = []
        self.expected = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"uncaught: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)
        context.on("page", lambda page: page.on("crash", lambda _: self._note("the page crashed")))

    def expect(self, *patterns):
        """Lines that match one of these regular expressions are provoked by the test."""
        self.expected += [re.compile(pattern) for pattern in patterns]

    def expect_loss(self):
        """The server goes away for a while."""
        self.expect(r"net::ERR_(CONNECTION_\w+|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|NETWORK_CHANGED|FAILED)")

    def check(self):
        left = [
            line for line in dict.fromkeys(self.found)
            if not any(pattern.search(line) for pattern in self.expected)]
        if left:
            raise AssertionError("the page did what no test expects:\n" + "\n".join(left))

    def _note(self, line):
        self.found.append(line)

    def _console(self, message):
        # What came back with an error status is noted with its address, by `_response`.
        is_status = message.text.startswith("Failed to load resource: the server responded")
        if message.type in ("error", "warning", "assert") and not is_status:
            self._note(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _request(self, request):
        url = urlsplit(request.url)
        if url.scheme not in ("blob", "data", "about") and url.netloc != self.host:
            self._note(f"asks another host: {request.url}")

    def _failed(self, request):
        if request.failure != ENDED_BY_PAGE:
            self._note(f"failed: {request.method} {request.url} {request.failure}")

    def _response(self, response):
        if response.status >= 400:
            self._note(f"answered {response.status}: {response.request.method} {response.url}")
