import Foundation
public import Jobs
import Synchronization
import Testing

extension StoreRule {
  static let logs = [
    StoreRule("entries come back as they were added, in their order and numbered") { store in
      let (_, job) = try await store.addJob()
      let (_, other) = try await store.addJob()
      #expect(try await store.log(of: job.id, after: nil, limit: 9).isEmpty)
      let entries = [
        JobLogEntry(time: startOfTests, source: .api, message: "Queued"),
        JobLogEntry(
          time: startOfTests + 1.125, level: .warning, source: .worker, attempt: 2,
          message: "Tried again", details: ["code": "STORAGE_ERROR", "wait": "60 s"]),
        // Clocks of two machines differ: the order is that of the calls.
        JobLogEntry(time: startOfTests - 5, level: .error, source: .worker, message: "Failed"),
      ]
      try await store.append([entries[0]], to: job.id)
      try await store.append([], to: job.id)
      try await store.append(Array(entries[1...]), to: job.id)
      try await store.append([entries[2]], to: other.id)
      let log = try await store.log(of: job.id, after: nil, limit: 9)
      #expect(log.map(\.number) == [1, 2, 3])
      #expect(log.map(\.entry) == entries)
      #expect(
        try await store.log(of: other.id, after: nil, limit: 9)
          == [NumberedEntry(number: 1, entry: entries[2])])
    },
    StoreRule("a reader goes on behind the number that it has seen") { store in
      let (_, job) = try await store.addJob()
      try await store.append(entries(1...5), to: job.id)
      let first = try await store.log(of: job.id, after: nil, limit: 2)
      #expect(first.map(\.entry.message) == ["1", "2"])
      let second = try await store.log(of: job.id, after: first.last?.number, limit: 2)
      #expect(second.map(\.entry.message) == ["3", "4"])
      let third = try await store.log(of: job.id, after: second.last?.number, limit: 2)
      #expect(third.map(\.entry.message) == ["5"])
      #expect(try await store.log(of: job.id, after: third.last?.number, limit: 2).isEmpty)
      #expect(try await store.log(of: job.id, after: 99, limit: 2).isEmpty)
      try await store.append(entries(6...6), to: job.id)
      let fourth = try await store.log(of: job.id, after: third.last?.number, limit: 2)
      #expect(fourth.map(\.entry.message) == ["6"])
    },
    StoreRule("of a long log the newest thousand entries are kept, and their numbers go on") {
      store in
      let (_, job) = try await store.addJob()
      func expectLog(_ numbers: ClosedRange<Int>, after: Int? = nil) async throws {
        let log = try await store.log(of: job.id, after: after, limit: JobLog.limit)
        #expect(log.map(\.number) == Array(numbers))
        #expect(log.map(\.entry.message) == numbers.map(String.init))
      }
      try await store.append(entries(1...600), to: job.id)
      try await store.append(entries(601...1000), to: job.id)
      try await expectLog(1...1000)
      try await store.append(entries(1001...1001), to: job.id)
      try await expectLog(2...1001)
      // More at once than are kept.
      try await store.append(entries(1002...2101), to: job.id)
      try await expectLog(1102...2101)
      // Who has seen what is forgotten goes on with the oldest.
      try await expectLog(1102...2101, after: 7)
    },
    StoreRule("entries that many add at once are all kept, each with a number of its own") {
      store in try await followLog(of: [store])
    },
    StoreRule("a log goes with its upload") { store in
      let (upload, job) = try await store.addJob()
      try await store.append(entries(1...3), to: job.id)
      _ = try await store.cancel(job.id, now: startOfTests)
      try await store.append(entries(4...4), to: job.id)
      #expect(try await store.log(of: job.id, after: nil, limit: 9).count == 4)
      _ = try await store.delete(upload.id)
      #expect(try await store.log(of: job.id, after: nil, limit: 9).isEmpty)
    },
    StoreRule("adding to the log of a job that is not there is no error, and keeps nothing") {
      store in
      let upload = sampleUpload()
      try await store.insert(upload)
      let job = sampleJob(over: upload)
      try await store.append(entries(1...3), to: job.id)
      #expect(try await store.log(of: job.id, after: nil, limit: 9).isEmpty)
      _ = try await store.insert(job, idempotency: nil)
      #expect(try await store.log(of: job.id, after: nil, limit: 9).isEmpty)
    },
    StoreRule("whatever a text is made of, it is kept") { store in
      let (_, job) = try await store.addJob()
      for (text, kept) in hostileTexts {
        let entry = JobLogEntry(
          time: startOfTests, source: .api, message: text, details: ["text": text, text: "name"])
        try await store.append([entry], to: job.id)
        let last = try #require(try await store.log(of: job.id, after: nil, limit: 99).last)
        // Strings are equal to others of the same look.
        #expect(Array(last.entry.message.utf8) == Array(kept.utf8))
        #expect(Array(last.entry.details["text"]?.utf8 ?? "".utf8) == Array(kept.utf8))
        let name = try #require(last.entry.details.first { $0.value == "name" }?.key)
        #expect(
          Array(name.utf8) == Array(String(kept.unicodeScalars.prefix(64)).utf8), "\(kept)")
      }
    },
    StoreRule("what is too long is cut, and of too many details the first names are kept") {
      store in
      let (_, job) = try await store.addJob()
      var entry = JobLogEntry(
        time: startOfTests, source: .worker, message: String(repeating: "ä", count: 501))
      for number in 10..<40 { entry.details["\(number)"] = "v" }
      let long = String(repeating: "n", count: 65)
      entry.details["0"] = String(repeating: "😀", count: 100_000)
      entry.details["1\(long)a"] = "a"
      entry.details["1\(long)b"] = "b"
      try await store.append([entry], to: job.id)
      let kept = try #require(try await store.log(of: job.id, after: nil, limit: 9).first).entry
      #expect(kept.message == String(repeating: "ä", count: 500))
      // By name: 0, 10 to 19, the two that begin alike, 20 to 22.
      var expected = Dictionary(
        (10...22).map { ("\($0)", "v") }, uniquingKeysWith: { first, _ in first })
      expected["0"] = String(repeating: "😀", count: 500)
      expected["1" + String(repeating: "n", count: 63)] = "a"
      #expect(kept.details == expected)
    },
    StoreRule("an entry is no change that clients see") { store in
      let (_, job) = try await store.addJob()
      let claimed = try #require(try await store.claim(at: startOfTests))
      try await store.append(entries(1...3), to: job.id)
      #expect(try await store.job(job.id) == claimed.job)
      #expect(try await store.latestVersion() == claimed.job.version)
      #expect(try await store.holds(claimed.claim))
    },
  ]

  private static func entries(_ numbers: ClosedRange<Int>) -> [JobLogEntry] {
    numbers.map { JobLogEntry(time: startOfTests, source: .worker, message: "\($0)") }
  }

  /// What somebody might send, and what is kept of it.
  private static let hostileTexts: [(text: String, kept: String)] = [
    ("'; DROP TABLE job_log; --", "'; DROP TABLE job_log; --"),
    (#""}], \ \u0000 %s $1 ?1 :id"#, #""}], \ \u0000 %s $1 ?1 :id"#),
    ("a\0b", "a\u{FFFD}b"), ("\0", "\u{FFFD}"), ("", ""),
    ("👩‍👩‍👧‍👦 🇩🇪 e\u{301} \u{E9}", "👩‍👩‍👧‍👦 🇩🇪 e\u{301} \u{E9}"),
    ("\u{202E}txt.\u{FEFF}\u{FFFF}\u{10FFFF}", "\u{202E}txt.\u{FEFF}\u{FFFF}\u{10FFFF}"),
    ("a\r\nb\u{1B}[31m\u{85}\u{2028}", "a\r\nb\u{1B}[31m\u{85}\u{2028}"),
    // One character for people.
    (
      "e" + String(repeating: "\u{301}", count: 100_000),
      "e" + String(repeating: "\u{301}", count: 499)
    ),
  ]
}

/// Adds to one job's log through all `stores` at once, reads it through the first meanwhile, and expects each entry
/// once and in order. The stores are connections to the same jobs.
public func followLog(of stores: [any JobStore & UploadStore & JobLogStore]) async throws {
  let writers = 6
  let callsPerWriter = 12
  let reader = try #require(stores.first)
  let upload = sampleUpload()
  try await reader.insert(upload)
  let job = sampleJob(over: upload)
  _ = try await reader.insert(job, idempotency: nil)
  let isOver = LogWritersEnd()
  async let followed = entries(of: job.id, in: reader, until: isOver)
  try await withThrowingTaskGroup(of: Void.self) { group in
    for writer in 0..<writers {
      let store = stores[writer % stores.count]
      group.addTask {
        for call in 0..<callsPerWriter {
          let entries = (0..<2).map { number in
            JobLogEntry(
              time: startOfTests, source: .worker, attempt: writer,
              message: "\(2 * call + number)")
          }
          try await store.append(entries, to: job.id)
        }
      }
    }
    for try await _ in group {}
  }
  isOver.set()
  let log = try await followed
  #expect(log.map(\.number) == Array(1...(writers * callsPerWriter * 2)))
  for writer in 0..<writers {
    let messages = log.map(\.entry).filter { $0.attempt == writer }.map(\.message)
    #expect(messages == (0..<callsPerWriter * 2).map(String.init))
  }
}

/// All that comes until the writers have ended.
private func entries(
  of job: JobID, in store: any JobLogStore, until end: LogWritersEnd
) async throws -> [NumberedEntry] {
  var log: [NumberedEntry] = []
  while true {
    try Task.checkCancellation()
    let isOver = end.isSet
    let more = try await store.log(of: job, after: log.last?.number, limit: 7)
    log += more
    if more.isEmpty {
      if isOver { return log }
      await Task.yield()
    }
  }
}

/// Expects that a queued job which an older version of the tables kept is as it was, is counted, and begins a log.
public func expectOlderJob(
  _ job: Job, in store: any JobStore & JobLogStore
) async throws {
  #expect(try await store.job(job.id)?.withoutVersion == job)
  #expect(
    try await store.counts() == QueueCounts(queued: 1, processing: 0, oldestDueAt: startOfTests))
  let entry = JobLogEntry(time: startOfTests, source: .worker, message: "m")
  try await store.append([entry], to: job.id)
  #expect(try await store.log(of: job.id, after: nil, limit: 9).map(\.entry) == [entry])
}

private final class LogWritersEnd: Sendable {
  private let flag = Atomic(false)

  var isSet: Bool { flag.load(ordering: .acquiring) }

  func set() { flag.store(true, ordering: .releasing) }
}
