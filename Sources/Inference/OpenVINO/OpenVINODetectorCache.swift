public import NIOPosix
public import ObjectDetection
import Synchronization

/// The models of a folder, loaded when they are first asked for and kept while they are asked for often.
///
/// Who asks for a model that is being loaded waits for that load. A model whose file has changed is loaded
/// anew; a load that failed is tried again by the next who asks.
public final class OpenVINODetectorCache: DetectorSource {
  /// The detector, and what the operator should know of it.
  typealias Load = @Sendable (ModelFile) async throws -> (any Detector, warning: String?)

  private struct Entry {
    var stamp: ModelStamp
    var loading: Task<any Detector, any Error>
    /// Of the last request.
    var turn: Int
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var turn = 0
    /// What the operator was told, by model.
    var warnings: [String: String] = [:]
  }

  private let folder: ModelFolder
  private let threads: NIOThreadPool
  private let capacity: Int
  private let load: Load
  private let onLookUp: @Sendable (_ isHit: Bool) -> Void
  private let onWarning: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - threads: where models are read and compiled.
  ///   - capacity: at most so many models stay loaded; each takes some 100 MB.
  ///   - use: counts the time of the requests of all models.
  ///   - onLookUp: told of each model that is asked for, and whether it was loaded or being loaded.
  ///   - onWarning: told for the operator what is not as a model's document has it; the same of a model once.
  public convenience init(
    folder: ModelFolder, options: OpenVINOOptions, runtime: OpenVINORuntime,
    threads: NIOThreadPool, capacity: Int = 3, use: InferRequestUse = InferRequestUse(),
    onLookUp: @escaping @Sendable (_ isHit: Bool) -> Void = { _ in },
    onWarning: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.init(
      folder: folder, threads: threads, capacity: capacity, onLookUp: onLookUp,
      onWarning: onWarning
    ) { file in
      let detector = try await OpenVINODetector.load(
        file, options: options, runtime: runtime, threads: threads, use: use)
      return (detector, detector.warning)
    }
  }

  init(
    folder: ModelFolder, threads: NIOThreadPool, capacity: Int,
    onLookUp: @escaping @Sendable (_ isHit: Bool) -> Void = { _ in },
    onWarning: @escaping @Sendable (String) -> Void = { _ in }, load: @escaping Load
  ) {
    precondition(capacity > 0, "at least one model must fit")
    self.folder = folder
    self.threads = threads
    self.capacity = capacity
    self.onLookUp = onLookUp
    self.onWarning = onWarning
    self.load = load
  }

  public func detector(named name: String) async throws -> any Detector {
    let stamp = try await threads.runIfActive { [folder] in
      try ModelStamp(path: try folder.path(ofModel: name))
    }
    let (loading, isHit) = state.withLock { state in
      let isHit = state.entries[name]?.stamp == stamp
      return (entry(for: name, stamp, &state).loading, isHit)
    }
    onLookUp(isHit)
    do {
      return try await loading.value
    } catch {
      state.withLock { state in
        if state.entries[name]?.loading == loading { state.entries[name] = nil }
      }
      throw error
    }
  }

  /// The load goes on when the one who asked first is cancelled: others may wait for it.
  private func entry(for name: String, _ stamp: ModelStamp, _ state: inout State) -> Entry {
    state.turn += 1
    var entry: Entry
    if let known = state.entries[name], known.stamp == stamp {
      entry = known
    } else {
      let loading = Task { [self] in
        let file = try await threads.runIfActive { try ModelFile(path: stamp.path, name: name) }
        let (detector, warning) = try await load(file)
        tell(warning, of: name)
        return detector
      }
      entry = Entry(stamp: stamp, loading: loading, turn: 0)
    }
    entry.turn = state.turn
    state.entries[name] = entry
    while state.entries.count > capacity,
      let oldest = state.entries.min(by: { $0.value.turn < $1.value.turn })
    {
      // A job that still uses it keeps it alive.
      state.entries[oldest.key] = nil
    }
    return entry
  }

  /// A model that made room for others is loaded again; what was said of it is not said again.
  private func tell(_ warning: String?, of name: String) {
    let isNew = state.withLock { state in
      defer { state.warnings[name] = warning }
      return warning != nil && state.warnings[name] != warning
    }
    if isNew, let warning { onWarning(warning) }
  }
}
