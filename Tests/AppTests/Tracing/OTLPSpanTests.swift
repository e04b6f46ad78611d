import Jobs
import ObjectDetection
import Testing
import Tracing

@testable import App

@Suite("OTLPSpan")
struct OTLPSpanTests {
  private let sink = SpanSink()

  private func ended(_ body: (OTLPSpan) -> Void) throws -> SpanRecord {
    let span = sink.tracer().startSpan("a", context: .topLevel, ofKind: .internal)
    body(span)
    span.end()
    return try #require(sink.spans.last)
  }

  @Test("attributes are read as they were set, and can be taken away")
  func attributes() throws {
    let span = try ended { span in
      span.attributes["text"] = "a"
      span.attributes["number"] = 1
      span.attributes["gone"] = true
      span.attributes["gone"] = nil
      span.updateAttributes { $0["number"] = 2 }
      #expect(span.attributes.get("number") == .int64(2))
      span.operationName = "POST /api"
    }
    #expect(span.attributes == ["text": "a", "number": 2] && span.droppedAttributes == 0)
    #expect(span.name == "POST /api")
  }

  @Test("64 attributes are kept, those that came first, and the others are counted")
  func attributeCount() throws {
    let span = try ended { span in
      for number in 0..<100 { span.attributes["z\(number)"] = number }
      span.attributes["a"] = "too late"
      span.attributes["z63"] = "still changes"
    }
    #expect(span.attributes.count == 64 && span.droppedAttributes == 37)
    #expect(span.attributes.get("z0") == 0 && span.attributes.get("a") == nil)
    #expect(span.attributes.get("z63") == "still changes")
  }

  @Test("of more attributes at once those are kept whose names come first")
  func attributesAtOnce() throws {
    let span = try ended { span in
      span.attributes["z"] = 1
      span.updateAttributes { all in
        for number in 100..<200 { all["a\(number)"] = number }
      }
    }
    #expect(span.attributes.count == 64 && span.droppedAttributes == 37)
    #expect(span.attributes.get("z") == 1 && span.attributes.get("a162") == 162)
    #expect(span.attributes.get("a163") == nil)
  }

  @Test("texts are cut at 1024 characters, also within lists, and lists at 64 elements")
  func longValues() throws {
    struct Long: CustomStringConvertible {
      var description: String { String(repeating: "x", count: 5000) }
    }
    let long = String(repeating: "ä", count: 5000)
    let cut = String(repeating: "ä", count: 1024)
    let span = try ended { span in
      span.attributes["text"] = long
      span.attributes["exact"] = cut
      span.attributes["texts"] = [long, "b"]
      span.attributes["many"] = SpanAttribute.int64Array(Array(0..<100))
      span.attributes["other"] = SpanAttribute.stringConvertible(Long())
      span.attributes["others"] = SpanAttribute.stringConvertibleArray([Long(), 1])
      span.attributes["small"] = Int32(7)
      span.attributes["smalls"] = [Int32(7), 8]
    }
    #expect(span.attributes.get("text") == .string(cut))
    #expect(span.attributes.get("exact") == .string(cut))
    #expect(span.attributes.get("texts") == .stringArray([cut, "b"]))
    #expect(span.attributes.get("many") == .int64Array(Array(0..<64)))
    let text = String(repeating: "x", count: 1024)
    #expect(span.attributes.get("other") == .string(text))
    #expect(span.attributes.get("others") == .stringArray([text, "1"]))
    #expect(span.attributes.get("small") == .int64(7))
    #expect(span.attributes.get("smalls") == .int64Array([7, 8]))
  }

  @Test(
    "attributes without a name, or with one of more than 128 characters, are left out and counted")
  func names() throws {
    let span = try ended { span in
      span.attributes[""] = 1
      span.attributes[String(repeating: "n", count: 129)] = 1
      span.attributes[String(repeating: "n", count: 128)] = 1
      span.operationName = String(repeating: "n", count: 500)
    }
    #expect(span.attributes.count == 1 && span.droppedAttributes == 2)
    #expect(span.name.count == 128)
  }

  @Test("32 events of 16 attributes are kept, and the others are counted")
  func events() throws {
    let span = try ended { span in
      for number in 0..<40 {
        let attributes = Dictionary(
          uniqueKeysWithValues: (10..<30).map { ("a\($0)", SpanAttribute.int64($0)) })
        span.addEvent(
          SpanEvent(
            name: "event \(number)",
            at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: UInt64(number)),
            attributes: SpanAttributes(attributes)))
      }
    }
    #expect(span.events.count == 32 && span.droppedEvents == 8)
    #expect(span.events[31].name == "event 31" && span.events[31].time == 31)
    #expect(span.events[0].attributes.count == 16 && span.events[0].droppedAttributes == 4)
  }

  @Test("16 links are kept; a link to nothing is none")
  func links() throws {
    let other = sink.tracer().startSpan("other", context: .topLevel, ofKind: .internal)
    let span = try ended { span in
      span.addLink(SpanLink(context: .topLevel, attributes: [:]))
      for _ in 0..<20 { span.addLink(other, attributes: ["a": 1]) }
    }
    #expect(span.links.count == 16 && span.droppedLinks == 4)
    #expect(span.links[0].context == other.context.spanContext)
    #expect(span.links[0].attributes.get("a") == 1)
  }

  @Test("an error is an event by the names of the conventions, and no status by itself")
  func recordedError() throws {
    let span = try ended { span in
      span.recordError(
        JobsError(.storageError, "The disk is full", cause: "errno 28"), attributes: ["try": 2])
    }
    let event = try #require(span.events.first)
    #expect(event.name == "exception" && span.status == nil)
    #expect(event.attributes.get("exception.type") == "JobsError")
    #expect(event.attributes.get("exception.message") == "The disk is full (errno 28)")
    #expect(event.attributes.get("try") == 2)
  }

  @Test("a failure is an error whose type is its code and whose message is for people")
  func failure() throws {
    struct Other: Error {}
    let failures: [(any Error, String, String?)] = [
      (
        JobsError(.storageError, "The disk is full", cause: "errno 28"), "STORAGE_ERROR",
        "The disk is full"
      ),
      (
        DetectionError(.corruptedFile, "a.jpg: truncated", cause: "x"), "CORRUPTED_FILE",
        "a.jpg: truncated"
      ),
    ]
    for (error, type, message) in failures {
      let span = try ended { $0.fail(error) }
      #expect(span.status == SpanStatus(code: .error, message: message))
      #expect(span.attributes.get("error.type") == .string(type))
    }
    let span = try ended { $0.fail(Other()) }
    #expect(span.status == SpanStatus(code: .error))
    #expect(span.attributes.get("error.type") == "Other")
  }

  @Test("who is cancelled has not failed")
  func cancelled() throws {
    let span = try ended { $0.fail(CancellationError()) }
    #expect(span.status == nil && span.events.isEmpty)
    #expect(span.attributes == ["cancelled": true])
  }

  @Test("the status ok is final, and an error keeps its first message while no other comes")
  func status() throws {
    var span = try ended { span in
      span.setStatus(SpanStatus(code: .error, message: "first"))
      span.setStatus(SpanStatus(code: .error))
    }
    #expect(span.status == SpanStatus(code: .error, message: "first"))
    span = try ended { span in
      span.setStatus(SpanStatus(code: .error, message: "first"))
      span.setStatus(SpanStatus(code: .ok, message: "well"))
      span.setStatus(SpanStatus(code: .error, message: "second"))
    }
    #expect(span.status == SpanStatus(code: .ok))
  }

  @Test("nothing is lost when many tasks write at once")
  func concurrent() async throws {
    let span = sink.tracer().startSpan("a", context: .topLevel, ofKind: .internal)
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for number in 0..<4 { span.addEvent(SpanEvent(name: "\(task) \(number)")) }
        }
      }
    }
    span.end()
    #expect(Set(try #require(sink.spans.last).events.map(\.name)).count == 32)
  }
}
