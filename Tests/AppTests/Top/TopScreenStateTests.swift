import Foundation
import TestSupport
import Testing

@testable import App

@Suite("Screen of harrier top: what is wrong, missing or hostile")
struct TopScreenStateTests {
  private func text(_ state: TopState, columns: Int = 80, rows: Int? = 24) -> String {
    screenText(state, columns: columns, rows: rows)
  }

  private func line(_ number: Int, _ state: TopState) -> String {
    String(text(state).split(separator: "\n", omittingEmptySubsequences: false)[number])
  }

  @Test("a service that is not ready says which store, and how it fails")
  func notReady() throws {
    let look = try TopSamples.look(ready: TopSamples.notReady, status: 503)
    #expect(
      line(1, try TopSamples.state([look])).hasPrefix("not ready: database does not answer  up "))
    let draining = try TopSamples.look(
      ready: #"{"message":"The service is shutting down"}"#, status: 503)
    #expect(
      line(1, try TopSamples.state([draining]))
        .hasPrefix("not ready: The service is shutting down "))
  }

  @Test("a store that the metrics show as down is named, whatever the health says")
  func storeDown() throws {
    let down = "# TYPE harrier_store_up gauge\nharrier_store_up{store=\"redis\"} 0\n"
    let ready = try TopSamples.look(metrics: down)
    #expect(line(1, try TopSamples.state([ready])).hasPrefix("ready, but down: redis "))
    let notReady = try TopSamples.look(metrics: down, ready: TopSamples.notReady, status: 503)
    #expect(
      line(1, try TopSamples.state([notReady]))
        .hasPrefix("not ready: database does not answer, redis is down"))
  }

  @Test("an outage stands where the state was; what was seen last stays, but pale")
  func outage() throws {
    var state = try TopSamples.state()
    _ = state.handle(.looked(.unanswered(at: .seconds(14), "The connection was refused")))
    #expect(
      line(1, state)
        == "no answer since 12 s: The connection was refused                    02:40:12 UTC")
    #expect(text(state).contains("requests/s    12.5"))
    let styles = state.screen(columns: 80, rows: 24).dropFirst(2).flatMap(\.pieces).map(\.style)
    #expect(styles.allSatisfy { $0 == .quiet })
    // The other lines are where they were.
    #expect(
      text(state).split(separator: "\n").dropFirst(2)
        == text(try TopSamples.state()).split(separator: "\n").dropFirst(2))
  }

  @Test("what could not be read is named in a line of its own, and its jobs are unknown")
  func problems() throws {
    var look = try TopSamples.look()
    look.processing = .failure(SourceFailure(status: 401))
    look.queued = .failure(SourceFailure(status: 401))
    look.history = .failure(SourceFailure(status: 429))
    let state = try TopSamples.state([look])
    #expect(
      line(2, state)
        == "jobs: status 401 (it wants another --api-key); history: status 429 (too many re…")
    #expect(text(state).contains("\nPROCESSING  0 of 2\n"))
    #expect(text(state).contains("\nQUEUED  0 of 3\n"))
    #expect(!text(state).contains("queue length"))
  }

  @Test("a service that knows none of the numbers has a dash for each")
  func missing() throws {
    let metrics = "# TYPE x gauge\nx 1\n"
    let empty = #"{"data":{"history":{"points":[]}}}"#
    let looks = try [false, true].map { isSecond in
      try TopSamples.look(
        isSecond: isSecond, metrics: metrics, processing: TopSamples.list([]),
        queued: TopSamples.list([]), dashboard: empty)
    }
    let screen = """
      harrier -  http://127.0.0.1:8000                                       every 2 s
      ready: database, files, models  up -                                02:40:00 UTC

      QUEUE               IMAGES              REQUESTS            SERVICE
      waiting          -  images/s         -  requests/s       -  CPU              -
      oldest           -  slices/s         -  5xx/s            -  memory           -
      processing       -  detections/s     -  p50 latency      -  connections      -
      workers          -  mean image       -  p95 latency      -  standstill       -
      completed/min    -  p95 image        -  in               -  retries          -
      failed/min       -  infer use        -  out              -  store errors     -

      PROCESSING  -

      QUEUED  -
      """
    let shown = text(try TopSamples.state(looks, mode: .once), rows: nil)
    // Once has no interval.
    #expect(shown == screen.replacing("                                       every 2 s", with: ""))
  }

  @Test("a job of which little is known has dashes; a percentage beyond 100 breaks nothing")
  func sparseJobs() throws {
    let jobs = TopSamples.list([
      #"{"job_id":"job_1","status":"processing"}"#,
      #"{"job_id":"job_2","status":"processing","progress":{"percentage":250,"total_images":1}}"#,
      #"{"job_id":"job_3","status":"processing","progress":{"percentage":-7,"total_images":2}}"#,
    ])
    let state = try TopSamples.state([TopSamples.look(processing: jobs)])
    let shown = text(state, columns: 80, rows: nil)
    #expect(
      shown.contains(
        """
        PROCESSING  3
        job_1                           processing  -       attempt -  age -
          [----------]     -  - images
        job_2                           processing  -       attempt -  age -
          [##########] 250 %  1 image
        job_3                           processing  -       attempt -  age -
          [----------]  -7 %  2 images
        """))
  }

  @Test("jobs that are not all known are newest first, and the title says so")
  func newestFirst() throws {
    let queued = TopSamples.queued.replacing(
      #""next_cursor":null"#, with: #""next_cursor":"job_x""#)
    let state = try TopSamples.state([TopSamples.look(queued: queued)])
    #expect(text(state, rows: nil).contains("QUEUED  3, newest first\n"))
  }

  @Test("workers that are missing, and mishaps of the last minute, are marked")
  func marks() throws {
    let pieces = try TopSamples.state().screen(columns: 80, rows: 24).flatMap(\.pieces)
    func style(_ text: String) -> ScreenLine.Style? { pieces.first { $0.text == text }?.style }
    #expect(style("2 of 3") == .bad)
    #expect(style("3 (+1)") == .warning)
    #expect(style("0.50") == .bad)
    #expect(style("ready") == .good)
    #expect(style("1.50") == .plain)
  }

  @Test("a pause is shown instead of the interval")
  func paused() throws {
    var state = try TopSamples.state()
    _ = state.handle(.key(.longer))
    #expect(line(0, state).hasSuffix("   every 3 s"))
    _ = state.handle(.key(.pause))
    #expect(line(0, state).hasSuffix("   paused"))
  }

  /// In JSON's escapes.
  static let hostileNames = [
    #"\u001b[31m\u001b]0;owned\u0007.png"#, #"\u009b2J\u0090q\u009c.png"#,
    #"a\r\nb\tc\u0000\u007f\u0085.png"#,
    #"\u202egpj.exe\u2066\u200f"#, "漢字 e\u{301} 👨\u{200D}👩\u{200D}👧 🇩🇪 👍🏽.png",
    String(repeating: "漢", count: 5000), String(repeating: "\u{301}", count: 500), "", "   ",
    #"\ud83d\ude00\ufe0f\u2028\ue000"#,
  ]

  @Test("a hostile name steers no terminal and moves nothing, at any size", arguments: hostileNames)
  func hostile(name: String) throws {
    let job = TopSamples.job(
      name.isEmpty ? "job_1" : name, priority: name, age: 1,
      progress: #""total_images":1,"percentage":50,"current_stage":"Drawing \#(name)""#)
    let metrics =
      "# TYPE app_info gauge\napp_info{version=\"\u{1B}[2J\u{9B}31m\"} 1\n"
      + "# TYPE harrier_store_up gauge\nharrier_store_up{store=\"\u{1B}c\"} 0\n"
    var look = try TopSamples.look(
      metrics: metrics, ready: #"{"message":"\#(name)"}"#, status: 503,
      processing: TopSamples.list([job]), queued: TopSamples.list([job]))
    look.history = .failure(SourceFailure(.noAnswer, "\u{1B}[2J"))
    let state = try TopSamples.state([look])
    for columns in [1, 5, 40, 80, 120, 200] {
      for rows in [1, 12, 60] {
        let lines = state.screen(columns: columns, rows: rows)
        #expect(lines.count <= rows)
        for line in lines {
          #expect(line.columns <= columns, "\(columns)x\(rows)")
          let shown = line.text(colours: false, unicode: true)
          #expect(shown.unicodeScalars.filter(\.steers).isEmpty, "\(shown.debugDescription)")
          let ascii = line.text(colours: false, unicode: false)
          #expect(
            ascii.utf8.count <= columns && ascii.utf8.allSatisfy { (0x20..<0x7f).contains($0) })
        }
      }
    }
    #expect(state.plainLine.unicodeScalars.filter(\.steers).isEmpty)
  }

  @Test("every size has lines that fit, with the keys at the foot")
  func sizes() throws {
    let state = try TopSamples.state()
    for columns in [2, 3, 10, 37, 38, 39, 59, 60, 75, 76, 77, 99, 100, 139, 179, 180, 181] {
      for rows in [1, 2, 3, 4, 7, 11, 16, 20, 24, 25, 40] {
        let lines = state.screen(columns: columns, rows: rows)
        #expect(lines.count == rows)
        #expect(lines.allSatisfy { $0.columns <= columns }, "\(columns)x\(rows)")
        #expect(lines.last?.pieces.first?.text.hasPrefix("q") == true, "\(columns)x\(rows)")
      }
    }
  }

  @Test("a terminal of normal size shows a job that runs and one that waits", arguments: 19...40)
  func jobsHaveRoom(rows: Int) throws {
    let shown = text(try TopSamples.state(), rows: rows)
    #expect(shown.contains(TopSamples.id) && shown.contains("on image2.png"))
    #expect(shown.contains("job_01kgdvaf2a4c6e8g0j2k4m6n8s"))
  }
}

@Suite("Lines of harrier top")
struct TopLineTests {
  @Test("a look is one line of names and values, whose units end the names")
  func line() throws {
    let fields = [
      "time=2026-02-02T02:40:00.000Z", "state=ready", "queue=3", "oldest_seconds=72",
      "processing=2",
      "workers=2", "workers_wanted=3", "completed_per_minute=4.00", "failed_per_minute=1.00",
      "images_per_second=1.50", "slices_per_second=34.50", "detections_per_second=123.00",
      "image_mean_seconds=1.500", "image_p95_seconds=3.7500", "infer_use_percent=87",
      "requests_per_second=12.50", "errors_5xx_per_second=0.50", "latency_p50_seconds=0.0061",
      "latency_p95_seconds=0.0839", "in_bytes_per_second=1234000",
      "out_bytes_per_second=345000", "cpu_percent=187", "memory_bytes=1213456789", "retries=3",
      "store_errors=0",
    ]
    #expect(try TopSamples.state().plainLine == fields.joined(separator: " "))
  }

  @Test("what is unknown is a dash, and a problem is named")
  func missing() throws {
    var look = try TopSamples.look(metrics: "# TYPE x gauge\n")
    look.queued = .failure(SourceFailure(status: 500))
    let line = try TopSamples.state([look]).plainLine
    #expect(line.contains(" queue=- oldest_seconds=- processing=- workers=- workers_wanted=- "))
    #expect(line.hasSuffix(#" problem="jobs: status 500""#))
  }

  @Test("a service that is not ready, or gives no answer, says why")
  func states() throws {
    let notReady = try TopSamples.look(ready: TopSamples.notReady, status: 503)
    #expect(
      try TopSamples.state([notReady]).plainLine.contains(
        #" state=not_ready reason="database does not answer" queue=3 "#))
    var state = try TopSamples.state()
    _ = state.handle(.looked(.unanswered(at: .seconds(14), "a \"b\"\u{1B}")))
    #expect(
      state.plainLine
        == #"time=2026-02-02T02:40:12.000Z state=no_answer since_seconds=12 reason="a \"b\""#
        + "\u{FFFD}\"")
  }

  @Test("a quantile above all buckets has a plus")
  func exceeded() throws {
    let metrics = """
      # TYPE api_request_duration_seconds histogram
      api_request_duration_seconds_bucket{endpoint="/x",le="60"} 0
      api_request_duration_seconds_bucket{endpoint="/x",le="+Inf"} 1
      api_request_duration_seconds_count{endpoint="/x"} 1
      """
    let line = try TopSamples.state([TopSamples.look(metrics: metrics)]).plainLine
    #expect(line.contains(" latency_p50_seconds=60.0000+ "))
  }
}
