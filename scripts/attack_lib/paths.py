"""Paths, queries and ids that try to be something else. All of them name nothing, and say so in the envelope."""

from .framing import SECOND
from .server import answers, parsed

# What must never be in an answer: pieces of files of the system and of messages of a database.
SECRETS = [b"root:x:0", b"sqlite", b"SQLITE", b"syntax error", b"/usr/", b"/home/", b"fatalError", b"49.jpg"]
# Instead of an id.
IDS = [
    "..%2f..%2f..%2fetc%2fpasswd", "..%252f..%252fetc%252fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c..%5cboot.ini",
    "job_%00", "job_01'%20OR%20'1'='1", "job_01%27%3B%20DROP%20TABLE%20jobs%3B--", "job_01%22%20UNION%20SELECT%201--",
    "%7B%7B7*7%7D%7D", "%24%7B7*7%7D", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "job_01%0d%0aSet-Cookie:%20a=b", "%ff%fe",
    "job_" + "0" * 4000, "JOB_01M8BPA4KEZAG9YMXHAEVVTYWZ", "job_*", "job_%25", "job_01m8bpa4kezag9ymxhaevvtywz%20"]
ROUTES = [
    "/api/v1/jobs/{}/status", "/api/v1/jobs/{}/results", "/api/v1/jobs/{}/export", "/api/v1/files/{}/original",
    "/api/v1/models/{}"]
QUERIES = [
    "/api/v1/jobs?cursor=' OR 1=1--", "/api/v1/jobs?status=queued' OR '1'='1", "/api/v1/jobs?limit=1;DROP TABLE jobs",
    "/api/v1/jobs?limit=99999999999999999999", "/api/v1/jobs?limit=1&limit=2", "/api/v1/jobs?limit=0x10",
    "/api/v1/jobs?cursor={{7*7}}", "/api/v1/jobs?cursor=" + "A" * 7000, "/api/v1/jobs?status=%00",
    "/api/v1/jobs?status[$ne]=queued"]
TRAVERSALS = [
    "/../../../../etc/passwd", "/docs/../../../../etc/passwd", "/docs/..%2f..%2f..%2fetc%2fpasswd",
    "/docs/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/docs/....//....//etc/passwd", "/docs/..;/..;/etc/passwd",
    "/docs/..%c0%af..%c0%afetc/passwd", "//etc/passwd", "/docs//etc/passwd", "/docs/.git/config", "/.env",
    "/harrier.sqlite", "/webhook-secret", "/api/v1/../../metrics"]


def attack(server, report):
    for route in ROUTES:
        for text in IDS:
            nothing(server, report, route.format(text), (400, 404))
    for query in QUERIES:
        nothing(server, report, query.replace(" ", "%20"), (400,))
    for path in TRAVERSALS:
        nothing(server, report, path, (400, 404))
    nothing(server, report, "/api/v1/jobs/" + "a" * 9000, (400, 414, 431))
    nothing(server, report, "/" + "a/" * 4000, (400, 404))
    for name, request, statuses in [
        ("absolute target of another host", b"GET http://evil.example/health/live HTTP/1.1\r\nHost: a\r\n\r\n", (200, 400)),
        ("absolute target of a file", b"GET file:///etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", (400, 404)),
        ("OPTIONS *", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", (200, 204, 400, 404, 405)),
        ("GET *", b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", (400, 404)),
        ("fragment in the target", b"GET /health/live#a HTTP/1.1\r\nHost: a\r\n\r\n", (400, 404)),
        ("TRACE shows nothing back", b"TRACE /health/live HTTP/1.1\r\nHost: a\r\nCookie: attack\r\n\r\n", (400, 405, 501)),
    ]:
        received, _ = server.exchange(request)
        found = answers(received)
        is_right = len(found) == 1 and found[0][0] in statuses and b"attack" not in received
        report.check("paths", name, is_right and not leaks(received), [status for status, _, _ in found])
    # RFC 3986, 6.2.2.2: a letter and its code are the same.
    status, _, _ = server.call("GET", "/%68ealth/live")
    report.check("paths", "letters of a path as codes", status == 200, status)
    received, _ = server.exchange(b"GET /health\xff/live HTTP/1.1\r\nHost: a\r\n\r\n" + SECOND)
    report.check("paths", "path beyond ASCII", received.startswith(b"HTTP/1.1 400"), received[:12])


def nothing(server, report, path, statuses):
    status, fields, body = server.call("GET", path)
    document = parsed(body)
    is_right = status in statuses and document.get("status") == "error" and not leaks(body)
    report.check("paths", path[:50], is_right and "set-cookie" not in fields, f"{status} {document.get('error_code')}")


def leaks(body):
    return [secret for secret in SECRETS if secret in body]
