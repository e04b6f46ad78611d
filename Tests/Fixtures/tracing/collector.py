"""A strict OpenTelemetry collector on loopback: takes traces by OTLP/HTTP with JSON and writes down what it was sent.

    collector.py FILE [--port PORT] [--fail-first N]
    collector.py --check FILE

Needs opentelemetry-proto (1.45.2), whose generated classes are the real definition. A request is taken only when every
member is one of the definition's, by its lowerCamelCase name, with ids in hexadecimal, 64-bit numbers as texts and
enumerations as numbers, and when it says what spans must say: ids that are not zero, a name, an end that is not before
the start, no attribute twice. Others are answered with 400.

FILE gets a line of JSON a span: traceId, spanId, parentSpanId, traceState, flags, name, kind, start, end, attributes,
events, links, status, service, resource; and {"error": ...} for a request that was refused. The port is printed first;
0, the default, takes a free one. The first N requests are answered with 503. With --check the body of one request is read
from FILE, and its spans are printed; exit status 1 and the reason on standard error when it is not right.
"""

import argparse
import base64
import json
import math
import os
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

IDS = {"trace_id": 16, "span_id": 8, "parent_span_id": 8}
LONG = {
    FieldDescriptor.CPPTYPE_INT64: re.compile(r"-?(0|[1-9][0-9]*)"),
    FieldDescriptor.CPPTYPE_UINT64: re.compile(r"0|[1-9][0-9]*"),
}
WHOLE = {FieldDescriptor.CPPTYPE_ENUM, FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32}


class Refused(Exception):
    """The request is not right; the words say where."""


def standard(descriptor, document, path=""):
    """The same document in proto3's own JSON mapping, after a look at all that the mapping leaves open."""
    if not isinstance(document, dict):
        raise Refused(f"{path or 'the body'} is no object")
    fields = {field.json_name: field for field in descriptor.fields}
    result = {}
    for name, value in document.items():
        if name not in fields:
            raise Refused(f"{path}.{name} is unknown to {descriptor.full_name}")
        field = fields[name]
        if field.is_repeated:
            if not isinstance(value, list):
                raise Refused(f"{path}.{name} is no array")
            result[name] = [single(field, item, f"{path}.{name}[{index}]") for index, item in enumerate(value)]
        else:
            result[name] = single(field, value, f"{path}.{name}")
    return result


def single(field, value, path):
    if field.message_type:
        return standard(field.message_type, value, path)
    if field.name in IDS and field.type == FieldDescriptor.TYPE_BYTES:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]*", value):
            raise Refused(f"{path} is not lower-case hexadecimal: {value!r}")
        return base64.b64encode(bytes.fromhex(value)).decode()
    if field.cpp_type in LONG and not (isinstance(value, str) and LONG[field.cpp_type].fullmatch(value)):
        raise Refused(f"{path} is a 64-bit number and no text of one: {value!r}")
    if field.cpp_type in WHOLE and type(value) is not int:
        raise Refused(f"{path} is not a whole number: {value!r}")
    return value


def members(pairs):
    """An object's members, none of them twice."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Refused(f"a member twice: {[name for name, _ in pairs]}")
    return result


def no_number(text):
    raise Refused(f"{text} is no JSON")


def parsed(body):
    """The request of a body."""
    try:
        document = json.loads(body, object_pairs_hook=members, parse_constant=no_number)
    except ValueError as error:
        raise Refused(f"the body is no JSON: {error}") from error
    try:
        request = json_format.ParseDict(
            standard(ExportTraceServiceRequest.DESCRIPTOR, document), ExportTraceServiceRequest(),
            ignore_unknown_fields=False)
    except json_format.ParseError as error:
        raise Refused(str(error)) from error
    if not request.resource_spans:
        raise Refused("no resourceSpans")
    return request


def value_of(value):
    kind = value.WhichOneof("value")
    if kind is None:
        raise Refused("an attribute without a value")
    if kind == "array_value":
        return [value_of(element) for element in value.array_value.values]
    if kind not in ("string_value", "bool_value", "int_value", "double_value"):
        raise Refused(f"an attribute of the kind {kind}")
    plain = getattr(value, kind)
    # JSON has no number for it.
    return str(plain) if kind == "double_value" and not math.isfinite(plain) else plain


def attributes_of(owner):
    result = {}
    for attribute in owner.attributes:
        if not attribute.key or attribute.key in result:
            raise Refused(f"an attribute without a name or twice: {attribute.key!r}")
        result[attribute.key] = value_of(attribute.value)
    return result


def identifier(owner, name, may_be_empty=False):
    value = getattr(owner, name)
    if may_be_empty and not value:
        return ""
    if len(value) != IDS[name] or not any(value):
        raise Refused(f"{name} is {value.hex()!r}")
    return value.hex()


def lines_of(request):
    """What is written of each span."""
    for resource_spans in request.resource_spans:
        resource = attributes_of(resource_spans.resource)
        if not resource.get("service.name"):
            raise Refused("a resource without service.name")
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield line_of(span, resource)


def line_of(span, resource):
    if not span.name or span.kind not in range(1, 6) or span.status.code not in range(3):
        raise Refused(f"a span without a name, a kind or a status: {span.name!r}, {span.kind}, {span.status.code}")
    if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
        raise Refused(f"{span.name} lasts from {span.start_time_unix_nano} to {span.end_time_unix_nano}")
    return {
        "traceId": identifier(span, "trace_id"),
        "spanId": identifier(span, "span_id"),
        "parentSpanId": identifier(span, "parent_span_id", may_be_empty=True),
        "traceState": span.trace_state,
        "flags": span.flags,
        "name": span.name,
        "kind": span.kind,
        "start": span.start_time_unix_nano,
        "end": span.end_time_unix_nano,
        "attributes": attributes_of(span),
        "events": [
            {"name": event.name, "time": event.time_unix_nano, "attributes": attributes_of(event)}
            for event in span.events
        ],
        "links": [
            {"traceId": identifier(link, "trace_id"), "spanId": identifier(link, "span_id"),
             "attributes": attributes_of(link)}
            for link in span.links
        ],
        "status": {"code": span.status.code, "message": span.status.message},
        "dropped": [span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count],
        "service": resource["service.name"],
        "resource": resource,
    }


class Collector(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, arguments):
        super().__init__(("127.0.0.1", arguments.port), Handler)
        self.arguments = arguments
        self.failures = arguments.fail_first
        self.lock = threading.Lock()

    def forced_status(self):
        """What it was told to answer, whatever it is sent."""
        with self.lock:
            if self.failures > 0:
                self.failures -= 1
                return 503
        return None

    def write(self, lines):
        text = "".join(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in lines)
        with self.lock, open(self.arguments.file, "a", encoding="utf-8") as file:
            file.write(text)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status = self.server.forced_status()
        if status is not None:
            self.answer(status, {"message": "told to"})
            return
        try:
            if self.path != "/v1/traces":
                raise Refused(f"the path is {self.path}")
            if self.headers.get_content_type() != "application/json":
                raise Refused(f"the type is {self.headers.get('content-type')}")
            lines = list(lines_of(parsed(body)))
        except Refused as error:
            self.server.write([{"error": str(error)}])
            self.answer(400, {"message": str(error)})
            return
        self.server.write(lines)
        self.answer(200, {})

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--fail-first", type=int, default=0, metavar="N")
    parser.add_argument("--check", action="store_true", help="read one body from FILE and print its spans")
    arguments = parser.parse_args()
    if arguments.check:
        try:
            with open(arguments.file, "rb") as file:
                for line in lines_of(parsed(file.read())):
                    print(json.dumps(line, ensure_ascii=False, sort_keys=True))
        except Refused as error:
            sys.exit(str(error))
        return
    # So that a reader need not wait for the first span.
    open(arguments.file, "a", encoding="utf-8").close()
    with Collector(arguments) as collector:
        print(collector.server_address[1], flush=True)
        collector.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        os._exit(130)
