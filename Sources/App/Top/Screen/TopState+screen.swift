extension TopState {
  /// The screen as it is now.
  ///
  /// - Parameters:
  ///   - columns: of the terminal; no line has more.
  ///   - rows: of the terminal; nil shows all there is.
  public func screen(columns: Int, rows: Int?) -> [ScreenLine] {
    guard let look else { return [] }
    let head = headLines(look, columns: columns)
    let help = mode == .screen ? [ScreenLine("q quit  space pause  + - interval", .quiet)] : []
    // What jobs leave on a short terminal; a blank line stands between.
    let above = rows.map {
      $0 - head.count - help.count - 1 - JobTable.minRows(columns: columns)
    }
    var parts = [
      FigureGrid(figures).lines(columns: columns, rows: above.map { $0 - 1 }),
      stageLines(columns: columns), historyLines(columns: columns),
    ].filter { !$0.isEmpty }
    if let above {
      while parts.count > 1, parts.reduce(0, { $0 + $1.count + 1 }) > above { parts.removeLast() }
    }
    var lines = head + parts.flatMap { [ScreenLine()] + $0 } + [ScreenLine()]
    lines += JobTable(self, look).lines(
      columns: columns, rows: rows.map { max(0, $0 - lines.count - help.count) })
    if let rows {
      // The keys stand at the foot.
      let height = max(0, rows - help.count)
      lines = Array(lines.prefix(height))
      lines += Array(repeating: ScreenLine(), count: height - lines.count)
    }
    lines += help
    // Old numbers must not look like new ones.
    if outage != nil {
      lines = lines.prefix(head.count) + lines.dropFirst(head.count).map { $0.styled(.quiet) }
    }
    return lines.map { $0.cut(to: columns) }
  }

  /// What tells of the service, and of what is wrong.
  private func headLines(_ look: ServiceLook, columns: Int) -> [ScreenLine] {
    var first = ScreenLine("harrier \(figures.version ?? FigureText.unknown)", .title)
    first.add("  \(address.url)")
    let pace =
      isPaused
      ? ScreenLine("paused", .warning)
      : ScreenLine(mode == .screen ? "every \(FigureText.pace(intervalSeconds))" : "", .quiet)
    var second = stateLine(look)
    let uptime = "  up \(FigureText.age(seconds: figures.uptimeSeconds))"
    if outage == nil, second.columns + uptime.columns <= columns { second.add(uptime, .quiet) }
    let time = outage?.time ?? look.time
    let clock = ScreenLine("\(time.rfc3339.dropFirst(11).prefix(8)) UTC", .quiet)
    let lines = [joined(first, pace, columns: columns), joined(second, clock, columns: columns)]
    return lines + (problemLine(look).map { [$0] } ?? [])
  }

  /// One text at each edge, as far as both have place.
  private func joined(_ left: ScreenLine, _ right: ScreenLine, columns: Int) -> ScreenLine {
    guard left.columns + 2 + right.columns <= columns else { return left }
    var line = left
    line.fill(to: columns - right.columns)
    line.add(right)
    return line
  }

  private func stateLine(_ look: ServiceLook) -> ScreenLine {
    if let outage {
      return ScreenLine(
        "no answer since \(FigureText.age(seconds: outage.seconds)): \(outage.failure.words)", .bad)
    }
    let down = figures.storesDown
    switch look.readiness {
    case .success(.ready(let names)) where down.isEmpty:
      var line = ScreenLine("ready", .good)
      if !names.isEmpty { line.add(": \(names.joined(separator: ", "))") }
      return line
    case .success(.ready):
      return ScreenLine("ready, but down: \(down.joined(separator: ", "))", .bad)
    case .success(.notReady(let message, let parts)):
      let named = parts.map { "\($0.name) \($0.problem)" }
      let more = down.filter { name in !parts.contains { $0.name == name } }.map { "\($0) is down" }
      let words = (named + more).joined(separator: ", ")
      return ScreenLine("not ready: \(words.isEmpty ? message : words)", .bad)
    case .failure:
      return ScreenLine("ready: \(FigureText.unknown)", .warning)
    }
  }

  /// What could not be read, although the service answers.
  private func problemLine(_ look: ServiceLook) -> ScreenLine? {
    let problems = look.problems
    guard outage == nil, !problems.isEmpty else { return nil }
    let words = problems.map { "\($0.name): \($0.failure.words)" }
    return ScreenLine(words.joined(separator: "; "), .warning)
  }

  /// Which part of the time each stage of the pipeline takes.
  private func stageLines(columns: Int) -> [ScreenLine] {
    guard !figures.stages.isEmpty else { return [] }
    let items = figures.stages.map { "\($0.stage) \(FigureText.percent($0.share))" }
    let title = "STAGES"
    var lines = [ScreenLine(title, .title)]
    for item in items {
      let last = lines[lines.count - 1]
      if last.columns + 2 + item.columns > columns, last.columns > title.columns {
        lines.append(ScreenLine(String(repeating: " ", count: title.columns)))
      }
      lines[lines.count - 1].add("  \(item)")
    }
    return lines
  }

  private func historyLines(columns: Int) -> [ScreenLine] {
    guard let points = history?.points, points.count > 1 else { return [] }
    return [
      course("queue length", points.map(\.queueLength), columns: columns),
      course("completed/min", points.map(\.completionRate), columns: columns),
    ]
  }

  private func course(_ name: String, _ values: [Double?], columns: Int) -> ScreenLine {
    let top = values.compactMap(\.self).filter(\.isFinite).max() ?? 0
    let label = name.padded(to: 15)
    let isWhole = top == top.rounded()
    let scale = "  max \(isWhole ? FigureText.count(top) : FigureText.number(top))"
    let shown = values.suffix(max(0, columns - label.columns - scale.columns))
    var line = ScreenLine(label)
    line.add(Sparkline.text(Array(shown), top: top))
    line.add(scale, .quiet)
    return line
  }
}

extension FigureText {
  /// An interval as it was asked for: `2 s`, `0.5 s`.
  fileprivate static func pace(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? age(seconds: seconds) : "\(seconds) s"
  }
}
