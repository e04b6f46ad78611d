import Foundation

/// The jobs that run, and those that are next: a line a job where the terminal is wide, else two or more.
struct JobTable {
  /// From here a job has one line; a stage's text needs forty columns.
  private static let wide = 180
  /// From here a job that waits has one line, and one that runs two; else two and four.
  private static let medium = 60
  /// All that the service gives ids.
  private static let idColumns = 30

  private let time: Date
  private let processing: Result<JobList, SourceFailure>
  private let queued: Result<JobList, SourceFailure>
  private let processingCount: Double?
  private let queuedCount: Double?

  init(_ state: TopState, _ look: ServiceLook) {
    time = look.time
    processing = look.processing
    queued = look.queued
    processingCount = state.figures.processing
    queuedCount = state.figures.queueLength
  }

  /// Lines for one job that runs and one that waits, with their titles.
  static func minRows(columns: Int) -> Int { columns >= medium ? 6 : 9 }

  /// - Parameter rows: at most so many lines; nil shows all jobs that are known.
  func lines(columns: Int, rows: Int?) -> [ScreenLine] {
    let running = section(
      "PROCESSING", processing, count: processingCount, saysOrder: false, jobs: \.oldestFirst,
      columns)
    let waiting = section(
      "QUEUED", queued, count: queuedCount, saysOrder: true, jobs: \.nextFirst, columns)
    guard let rows else { return running.lines(nil) + [ScreenLine()] + waiting.lines(nil) }
    // What waits keeps a title and a job, whatever runs.
    let reserve = min(waiting.lines(nil).count, 2) + 1
    var lines = running.lines(max(0, rows - reserve))
    let left = rows - lines.count - 1
    if left > 0 { lines += [ScreenLine()] + waiting.lines(left) }
    return Array(lines.prefix(rows))
  }

  private struct Section {
    let title: String
    let count: Double?
    let remark: String
    let jobs: [[ScreenLine]]

    /// The title and as many whole jobs as there is place for.
    func lines(_ limit: Int?) -> [ScreenLine] {
      var shown: [ScreenLine] = []
      var number = 0
      for job in jobs {
        if let limit, 1 + shown.count + job.count > limit { break }
        shown += job
        number += 1
      }
      let total = max(count ?? 0, Double(jobs.count))
      let part = Double(number) < total ? "\(number) of " : ""
      var line = ScreenLine(title, .title)
      line.add("  \(part)\(count == nil && jobs.isEmpty ? "-" : FigureText.count(total))\(remark)")
      return [line] + shown
    }
  }

  private func section(
    _ title: String, _ list: Result<JobList, SourceFailure>, count: Double?,
    saysOrder: Bool, jobs: (JobList) -> [ListedJob], _ columns: Int
  ) -> Section {
    guard case .success(let list) = list else {
      return Section(title: title, count: count, remark: "", jobs: [])
    }
    let isSorted = !saysOrder || list.jobs.count < 2
    return Section(
      title: title, count: count,
      remark: isSorted ? "" : list.isComplete ? ", next first" : ", newest first",
      jobs: jobs(list).map { lines(of: $0, columns) })
  }

  private func lines(of job: ListedJob, _ columns: Int) -> [ScreenLine] {
    if columns >= Self.wide { return [wideLine(job, columns)] }
    return columns >= Self.medium ? mediumLines(job, columns) : narrowLines(job, columns)
  }

  private func wideLine(_ job: ListedJob, _ columns: Int) -> ScreenLine {
    var line = ScreenLine(job.id.harmless.padded(to: Self.idColumns) + "  ")
    add(job, to: &line)
    line.add("  \(attempt(job).padded(to: 9))  \(("age " + age(job)).padded(to: 15))")
    if isRunning(job) {
      line.add("  \(images(job).padded(to: 24))  \(bar(job, 12))  \(left(job).padded(to: 16))")
      add(stage: job, to: &line, columns)
    } else {
      line.add("  \(images(job).padded(to: 24))  \(left(job))")
    }
    return line
  }

  private func mediumLines(_ job: ListedJob, _ columns: Int) -> [ScreenLine] {
    var first = ScreenLine(job.id.harmless.padded(to: Self.idColumns) + "  ")
    add(job, to: &first)
    guard isRunning(job) else {
      first.add("  \("age \(age(job))".padded(to: 15))")
      // A first attempt says nothing of a job that nobody has begun.
      for field in [images(job), (job.attempt ?? 0) > 0 ? attempt(job) : "", left(job)]
      where !field.isEmpty && first.columns + 2 + field.columns <= columns {
        first.add("  \(field)")
      }
      return [first]
    }
    first.add("  \(attempt(job))  age \(age(job))")
    var second = ScreenLine("  \(bar(job, min(24, columns / 8)))  \(images(job))")
    if !left(job).isEmpty { second.add("  \(left(job))") }
    add(stage: job, to: &second, columns)
    return [first, second]
  }

  /// The title above says the state.
  private func narrowLines(_ job: ListedJob, _ columns: Int) -> [ScreenLine] {
    let id = ScreenLine(job.id)
    let priority = (job.priority ?? FigureText.unknown).harmless
    guard isRunning(job) else {
      return [id, ScreenLine("  \(priority)  \(images(job))  age \(age(job))")]
    }
    let progress = ScreenLine("  \(bar(job, 6))  \(images(job))")
    let times = ScreenLine("  \(priority)  \(attempt(job))  age \(age(job))")
    var last = ScreenLine(left(job).isEmpty ? "" : "  \(left(job))")
    add(stage: job, to: &last, columns)
    return [id, progress, times] + (last.columns > 0 ? [last] : [])
  }

  /// In the rest of the line.
  private func add(stage job: ListedJob, to line: inout ScreenLine, _ columns: Int) {
    guard let stage = job.stage else { return }
    line.add("  " + stage.harmless.cutInside(to: max(0, columns - line.columns - 2)), .quiet)
  }

  private func add(_ job: ListedJob, to line: inout ScreenLine) {
    line.add(job.state.harmless.padded(to: 10), isRunning(job) ? .good : .plain)
    line.add("  \((job.priority ?? FigureText.unknown).harmless.padded(to: 6))")
  }

  private func isRunning(_ job: ListedJob) -> Bool { job.state == "processing" }

  private func attempt(_ job: ListedJob) -> String {
    "attempt \(job.attempt.map(String.init) ?? FigureText.unknown)"
  }

  private func age(_ job: ListedJob) -> String {
    FigureText.age(seconds: job.createdAt.map { time.timeIntervalSince($0) })
  }

  /// Empty when it is not known.
  private func left(_ job: ListedJob) -> String {
    job.expectedAt.map { "\(FigureText.age(seconds: $0.timeIntervalSince(time))) left" } ?? ""
  }

  private func images(_ job: ListedJob) -> String {
    guard let total = job.totalImages else { return "\(FigureText.unknown) images" }
    let noun = total == 1 ? "image" : "images"
    guard isRunning(job), let done = job.processedImages else { return "\(total) \(noun)" }
    let failed = (job.failedImages ?? 0) > 0 ? ", \(job.failedImages ?? 0) failed" : ""
    return "\(done)/\(total) \(noun)\(failed)"
  }

  private func bar(_ job: ListedJob, _ width: Int) -> String {
    let filled = min(max(job.percentage ?? 0, 0), 100) * width / 100
    let text = job.percentage.map { "\($0) %" } ?? FigureText.unknown
    let (done, open) = (
      String(repeating: "#", count: filled), String(repeating: "-", count: width - filled)
    )
    return "[\(done)\(open)] \(text.padded(to: 5, right: true))"
  }
}
