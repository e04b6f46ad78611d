/// The numbers in four blocks, side by side as far as the terminal is wide.
struct FigureGrid {
  private struct Figure {
    let label: String
    var value: String
    var style: ScreenLine.Style = .plain
    /// Where the value has no place.
    var short: String?
  }

  private let blocks: [(title: String, figures: [Figure])]

  init(_ figures: ServiceFigures) {
    blocks = [
      ("QUEUE", Self.queue(figures)), ("IMAGES", Self.images(figures)),
      ("REQUESTS", Self.requests(figures)), ("SERVICE", Self.service(figures)),
    ]
  }

  /// - Parameter rows: at most so many lines, as far as whole blocks go; the first ones are there in any case.
  func lines(columns: Int, rows: Int? = nil) -> [ScreenLine] {
    // A label and its value need some 17 columns; further apart than 28 the eye loses the line.
    let across = columns >= 76 ? 4 : columns >= 38 ? 2 : 1
    let gap = columns >= 100 ? 4 : 2
    let width = min(28, (columns - gap * (across - 1)) / across)
    var lines: [ScreenLine] = []
    for start in stride(from: 0, to: blocks.count, by: across) {
      let row = blocks[start..<min(start + across, blocks.count)]
      let height = 1 + (row.map(\.figures.count).max() ?? 0)
      if let rows, !lines.isEmpty, lines.count + 1 + height > rows { break }
      if !lines.isEmpty { lines.append(ScreenLine()) }
      lines.append(line(row.map { ScreenLine($0.title, .title) }, width, gap))
      for index in 0..<height - 1 {
        let cells = row.map { block in
          block.figures.indices.contains(index) ? cell(block.figures[index], width) : ScreenLine()
        }
        lines.append(line(cells, width, gap))
      }
    }
    return lines
  }

  private func line(_ cells: [ScreenLine], _ width: Int, _ gap: Int) -> ScreenLine {
    var line = ScreenLine()
    for (index, cell) in cells.enumerated() {
      line.fill(to: index * (width + gap))
      line.add(cell)
    }
    return line
  }

  /// The label at the left edge, the value at the right; the value comes first where both have no place.
  private func cell(_ figure: Figure, _ width: Int) -> ScreenLine {
    var value = figure.value
    if let short = figure.short, figure.label.columns + 1 + value.columns > width { value = short }
    value = value.cut(to: width)
    let label = figure.label.padded(to: max(0, width - value.columns - 1))
    var line = ScreenLine(label + (label.isEmpty ? "" : " "), .quiet)
    line.add(value, figure.style)
    return line
  }

  private static func queue(_ figures: ServiceFigures) -> [Figure] {
    let lacks = (figures.activeWorkers ?? .infinity) < (figures.wantedWorkers ?? 1)
    var workers = FigureText.count(figures.activeWorkers)
    if let wanted = figures.wantedWorkers { workers += " of \(FigureText.count(wanted))" }
    return [
      Figure(label: "waiting", value: FigureText.count(figures.queueLength)),
      Figure(label: "oldest", value: FigureText.age(seconds: figures.oldestJobSeconds)),
      Figure(label: "processing", value: FigureText.count(figures.processing)),
      Figure(label: "workers", value: workers, style: lacks ? .bad : .plain),
      Figure(label: "completed/min", value: FigureText.number(figures.completedPerMinute)),
      Figure(
        label: "failed/min", value: FigureText.number(figures.failedPerMinute),
        style: style(figures.failedPerMinute, .warning)),
    ]
  }

  private static func images(_ figures: ServiceFigures) -> [Figure] {
    [
      Figure(label: "images/s", value: FigureText.number(figures.imagesPerSecond)),
      Figure(label: "slices/s", value: FigureText.number(figures.slicesPerSecond)),
      Figure(label: "detections/s", value: FigureText.number(figures.detectionsPerSecond)),
      Figure(label: "mean image", value: FigureText.time(seconds: figures.meanImageSeconds)),
      Figure(label: "p95 image", value: FigureText.time(figures.imageSeconds95)),
      Figure(label: "infer use", value: FigureText.percent(figures.inferRequestUse)),
    ]
  }

  private static func requests(_ figures: ServiceFigures) -> [Figure] {
    [
      Figure(label: "requests/s", value: FigureText.number(figures.requestsPerSecond)),
      Figure(
        label: "5xx/s", value: FigureText.number(figures.serverErrorsPerSecond),
        style: style(figures.serverErrorsPerSecond, .bad)),
      Figure(label: "p50 latency", value: FigureText.time(figures.latencySeconds50)),
      Figure(label: "p95 latency", value: FigureText.time(figures.latencySeconds95)),
      Figure(label: "in", value: perSecond(figures.bytesInPerSecond)),
      Figure(label: "out", value: perSecond(figures.bytesOutPerSecond)),
    ]
  }

  private static func service(_ figures: ServiceFigures) -> [Figure] {
    [
      Figure(
        label: "CPU", value: FigureText.percent(figures.cpuPercent.map { $0 / 100 })),
      Figure(label: "memory", value: FigureText.bytes(figures.memoryBytes)),
      Figure(label: "connections", value: FigureText.count(figures.openConnections)),
      Figure(label: "standstill", value: FigureText.age(seconds: figures.standstillSeconds)),
      mishaps("retries", figures.retries, .warning),
      mishaps("store errors", figures.storeErrors, .bad),
    ]
  }

  /// The total, and what the last minute added.
  private static func mishaps(
    _ label: String, _ mishaps: ServiceFigures.Mishaps?, _ style: ScreenLine.Style
  ) -> Figure {
    guard let mishaps else { return Figure(label: label, value: FigureText.unknown) }
    let total = FigureText.count(mishaps.total)
    guard mishaps.recent > 0 else { return Figure(label: label, value: total) }
    return Figure(
      label: label, value: "\(total) (+\(FigureText.count(mishaps.recent)))", style: style,
      short: total)
  }

  private static func perSecond(_ bytes: Double?) -> String {
    bytes == nil ? FigureText.unknown : "\(FigureText.bytes(bytes))/s"
  }

  private static func style(_ value: Double?, _ style: ScreenLine.Style) -> ScreenLine.Style {
    (value ?? 0) > 0 ? style : .plain
  }
}
