public import NIOPosix
public import ObjectDetection
import Synchronization

/// The models of a folder and registered versions, loaded when they are first asked for and kept while they are asked
/// for often.
///
/// Who asks for a model that is being loaded waits for that load. A model whose file has changed is loaded
/// anew, a registered version never changes; a load that failed is tried again by the next who asks. Another version is
/// another model: while jobs move from one to the other both are loaded.
public final class OpenVINODetectorCache: DetectorSource {
  /// The detector, and what the operator should know of it.
  typealias Load = @Sendable (ModelFile) async throws -> (any Detector, warning: String?)

  /// What may stay loaded.
  public struct Limits: Sendable {
    /// More are needed by nobody who works on one job at a time.
    public var models: Int
    /// Estimated, of all together; the last one that was asked for stays in any case.
    public var bytes: Int

    public init(models: Int = 3, bytes: Int = 2 << 30) {
      self.models = models
      self.bytes = bytes
    }
  }

  private struct Loaded: Sendable {
    var detector: any Detector
    var bytes: Int
  }

  private struct Entry {
    /// nil for a registered version.
    var stamp: ModelStamp?
    var loading: Task<Loaded, any Error>
    /// Of the last request.
    var turn: Int
    /// 0 while it is being loaded.
    var bytes = 0
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var turn = 0
    /// What the operator was told, by model.
    var warnings: [String: String] = [:]
  }

  private static let rememberedWarnings = 1000

  private let folder: ModelFolder
  private let versions: (any ModelVersionFiles)?
  private let threads: NIOThreadPool
  private let limits: Limits
  private let load: Load
  private let onLookUp: @Sendable (_ isHit: Bool) -> Void
  private let onEviction: @Sendable () -> Void
  private let onWarning: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - versions: nil where nothing is registered.
  ///   - threads: where models are read and compiled.
  ///   - use: counts the time of the requests of all models.
  ///   - onLookUp: told of each model that is asked for, and whether it was loaded or being loaded.
  ///   - onEviction: told of each model that makes room.
  ///   - onWarning: told for the operator what is not as a model's document has it; the same of a model once.
  public convenience init(
    folder: ModelFolder, versions: (any ModelVersionFiles)? = nil, options: OpenVINOOptions,
    runtime: OpenVINORuntime, threads: NIOThreadPool, limits: Limits = Limits(),
    use: InferRequestUse = InferRequestUse(),
    onLookUp: @escaping @Sendable (_ isHit: Bool) -> Void = { _ in },
    onEviction: @escaping @Sendable () -> Void = {},
    onWarning: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.init(
      folder: folder, versions: versions, threads: threads, limits: limits, onLookUp: onLookUp,
      onEviction: onEviction, onWarning: onWarning
    ) { file in
      let detector = try await OpenVINODetector.load(
        file, options: options, runtime: runtime, threads: threads, use: use)
      return (detector, detector.warning)
    }
  }

  init(
    folder: ModelFolder, versions: (any ModelVersionFiles)? = nil, threads: NIOThreadPool,
    limits: Limits, onLookUp: @escaping @Sendable (_ isHit: Bool) -> Void = { _ in },
    onEviction: @escaping @Sendable () -> Void = {},
    onWarning: @escaping @Sendable (String) -> Void = { _ in }, load: @escaping Load
  ) {
    precondition(limits.models > 0, "at least one model must fit")
    self.folder = folder
    self.versions = versions
    self.threads = threads
    self.limits = limits
    self.onLookUp = onLookUp
    self.onEviction = onEviction
    self.onWarning = onWarning
    self.load = load
  }

  public func detector(named name: String) async throws -> any Detector {
    let isVersion = VersionedName(name).version != nil
    let stamp =
      isVersion
      ? nil
      : try await threads.runIfActive { [folder] in
        try ModelStamp(path: try folder.path(ofModel: name))
      }
    let (loading, isHit) = state.withLock { state in
      let known = state.entries[name]
      let isHit = known != nil && known?.stamp == stamp
      return (entry(for: name, stamp, &state).loading, isHit)
    }
    onLookUp(isHit)
    do {
      let loaded = try await loading.value
      state.withLock { state in
        guard state.entries[name]?.loading == loading else { return }
        state.entries[name]?.bytes = loaded.bytes
        makeRoom(beside: name, &state)
      }
      return loaded.detector
    } catch {
      state.withLock { state in
        if state.entries[name]?.loading == loading { state.entries[name] = nil }
      }
      throw error
    }
  }

  /// How many models are kept, and what they take, as estimated.
  var kept: (models: Int, bytes: Int) {
    state.withLock { state in
      (state.entries.count, state.entries.values.reduce(0) { $0 + $1.bytes })
    }
  }

  /// The load goes on when the one who asked first is cancelled: others may wait for it.
  private func entry(for name: String, _ stamp: ModelStamp?, _ state: inout State) -> Entry {
    state.turn += 1
    var entry: Entry
    if let known = state.entries[name], known.stamp == stamp {
      entry = known
    } else {
      entry = Entry(stamp: stamp, loading: Task { try await loaded(name, stamp) }, turn: 0)
    }
    entry.turn = state.turn
    state.entries[name] = entry
    makeRoom(beside: name, &state)
    return entry
  }

  private func loaded(_ name: String, _ stamp: ModelStamp?) async throws -> Loaded {
    if let stamp { return try await loaded(name, at: stamp.path, stamp.sizeBytes) }
    guard let versions else {
      throw DetectionError(.modelNotFound, "no versions of models are registered here")
    }
    return try await versions.withFiles(ofVersion: name) { path in
      let bytes = try await self.threads.runIfActive { try ModelStamp(path: path).sizeBytes }
      return try await self.loaded(name, at: path, bytes)
    }
  }

  private func loaded(_ name: String, at path: String, _ fileBytes: Int) async throws -> Loaded {
    let file = try await threads.runIfActive { try ModelFile(path: path, name: name) }
    let (detector, warning) = try await load(file)
    tell(warning, of: name)
    return Loaded(detector: detector, bytes: Self.cost(of: detector, fileBytes: fileBytes))
  }

  /// An estimate of what a loaded model takes: its weights twice, as they were read and as they are laid out for the
  /// processor, and for each request its tensors, which grow with the picture. Measured for YOLOv8n, YOLO11n and
  /// YOLO11n-obb at 640 with two requests: 70 to 91 MiB a model, where this says 84.
  private static func cost(of detector: any Detector, fileBytes: Int) -> Int {
    let pixels = detector.model.inputSize.width * detector.model.inputSize.height
    return 2 * fileBytes + 80 * pixels * detector.concurrency
  }

  /// The models that were asked for longest ago go until the others keep the limits.
  private func makeRoom(beside name: String, _ state: inout State) {
    while state.entries.count > limits.models
      || state.entries.values.reduce(0, { $0 + $1.bytes }) > limits.bytes,
      let oldest = state.entries.filter({ $0.key != name })
        .min(by: { $0.value.turn < $1.value.turn })
    {
      // A job that still uses it keeps it alive.
      state.entries[oldest.key] = nil
      onEviction()
    }
  }

  /// A model that made room for others is loaded again; what was said of it is not said again.
  private func tell(_ warning: String?, of name: String) {
    let isNew = state.withLock { state in
      // Versions come and go for years.
      if state.warnings.count >= Self.rememberedWarnings { state.warnings = [:] }
      defer { state.warnings[name] = warning }
      return warning != nil && state.warnings[name] != warning
    }
    if isNew, let warning { onWarning(warning) }
  }
}
