/// The pixels of one object: run-length coded by rows, in pixels of the upright image, never empty.
///
/// A run takes six bytes, and a mask has at most `maxRuns` of them (or one a row, where it has more rows): a compact
/// object of 100 x 100 pixels takes 600 bytes, one as high as an image of 8192 rows 48 KB, none more than 96 KB. Copies
/// share their bytes.
public struct InstanceMask: Sendable, Hashable {
  /// Pixels of one row that are side by side.
  public struct Run: Sendable, Hashable {
    public var row: UInt16
    /// The first column.
    public var start: UInt16
    /// The column behind the last one.
    public var end: UInt16

    public init(row: UInt16, start: UInt16, end: UInt16) {
      self.row = row
      self.start = start
      self.end = end
    }
  }

  /// Beyond it gaps are closed, the narrowest first. Twice the rows of the largest image: masks are smooth, and have more
  /// only where a model finds noise.
  public static let maxRuns = 16_384
  /// Rows and columns that a mask can have.
  static let maxSide = Int(UInt16.max)

  private final class Storage: Sendable {
    let runs: [Run]
    let areaPixels: Int
    /// x of the first column and behind the last one.
    let columns: Range<Int>

    init(_ runs: [Run]) {
      self.runs = runs
      var (area, first, last) = (0, Int.max, 0)
      for run in runs {
        area += Int(run.end) - Int(run.start)
        first = min(first, Int(run.start))
        last = max(last, Int(run.end))
      }
      areaPixels = area
      columns = min(first, last)..<last
    }
  }

  /// One pointer, so that detections without a mask stay small.
  private let storage: Storage

  /// Row by row, in a row from left to right, with a gap between any two.
  public var runs: [Run] { storage.runs }
  public var areaPixels: Int { storage.areaPixels }

  /// The box around the pixels' outer edges.
  public var bounds: BoundingBox {
    let rows = (runs.first.map { Int($0.row) } ?? 0, runs.last.map { Int($0.row) + 1 } ?? 0)
    return BoundingBox(
      xMin: Float(storage.columns.lowerBound), yMin: Float(rows.0),
      xMax: Float(storage.columns.upperBound), yMax: Float(rows.1))
  }

  /// nil for no pixels.
  ///
  /// - Parameter runs: row by row, in a row from left to right; they may touch, but not overlap.
  public init?(_ runs: [Run]) {
    var joined: [Run] = []
    joined.reserveCapacity(runs.count)
    for run in runs where run.start < run.end {
      if let last = joined.last, last.row == run.row, last.end >= run.start {
        joined[joined.count - 1].end = max(last.end, run.end)
      } else {
        joined.append(run)
      }
    }
    guard !joined.isEmpty else { return nil }
    storage = Storage(Self.bounded(joined))
  }

  public static func == (left: InstanceMask, right: InstanceMask) -> Bool {
    left.storage === right.storage || left.runs == right.runs
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(runs) }

  /// Whether the pixel of a column and row belongs to the object.
  public func contains(x: Int, y: Int) -> Bool {
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      let run = runs[middle]
      if (Int(run.row), Int(run.end)) <= (y, x) { low = middle + 1 } else { high = middle }
    }
    return low < runs.count && Int(runs[low].row) == y && Int(runs[low].start) <= x
  }

  /// The pixels of either.
  public func union(_ other: InstanceMask) -> InstanceMask {
    var merged: [Run] = []
    merged.reserveCapacity(runs.count + other.runs.count)
    var (mine, theirs) = (runs[...], other.runs[...])
    while let left = mine.first, let right = theirs.first {
      let isMine = (left.row, left.start) <= (right.row, right.start)
      merged.append(isMine ? left : right)
      if isMine { mine.removeFirst() } else { theirs.removeFirst() }
    }
    return InstanceMask(merged + mine + theirs) ?? self
  }

  private static func bounded(_ runs: [Run]) -> [Run] {
    var (runs, gap) = (runs, 1)
    while runs.count > maxRuns, gap <= maxSide {
      var closed: [Run] = []
      for run in runs {
        if let last = closed.last, last.row == run.row, Int(run.start) - Int(last.end) <= gap {
          closed[closed.count - 1].end = run.end
        } else {
          closed.append(run)
        }
      }
      (runs, gap) = (closed, gap * 2)
    }
    return runs
  }
}
