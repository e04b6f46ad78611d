import Foundation
public import Jobs
import Logging
import NIOPosix
import ObjectDetection

/// Golden pictures: those of a model, what its versions find in them, and the aliases that wait for that.
extension ModelRegistry {
  /// Waits for its turn: a check keeps all cores busy.
  static let concurrentChecks = 1

  // MARK: - Sets

  /// Keeps pictures and boxes in the place of the model's earlier ones. What is left of the files on the way is the
  /// caller's to remove.
  ///
  /// Files are kept before the row that names them; who is killed in between leaves files that the sweeper finds.
  /// - Throws: `JobsError(.modelNotFound)` when no such model is registered; what the stores throw.
  public func putGoldenSet(
    _ draft: GoldenDraft, of name: String, by creator: String?
  ) async throws -> GoldenSet {
    let time = now()
    let set = GoldenSet(
      id: GoldenSetID(at: time), name: name,
      pictures: draft.pictures.map { picture in
        GoldenPicture(
          filename: picture.filename, sizeBytes: picture.sizeBytes, sha256: picture.sha256,
          expected: picture.expected.count)
      }, classes: draft.classes, demand: draft.demand, createdAt: time, createdBy: creator)
    do {
      for (picture, key) in zip(draft.pictures, set.pictureKeys) {
        try await blobs.keep(fileAt: picture.path, as: key)
      }
      try await blobs.put(
        try ExpectedBoxFile.encode(draft.pictures.map(\.expected)), as: set.expectationKey)
      if let earlier = try await store.put(set) { await forget(earlier) }
      return set
    } catch {
      await forgetUnlessNamed(set, after: error)
      throw error
    }
  }

  /// After an error the row may be there all the same: the answer to its commit can be lost. What cannot be asked now
  /// is swept later.
  private func forgetUnlessNamed(_ set: GoldenSet, after error: any Error) async {
    // The commit may go on even now.
    if let error = error as? JobsError, error.code == .unavailable { return }
    do {
      let isNamed = try await uncancelled { [store] in try await store.hasGoldenSet(set.id) }
      if !isNamed { await forget(set) }
    } catch {
      logger.warning("golden pictures stay behind", metadata: ["cause": "\(error)"])
    }
  }

  /// From then on no alias of the model waits for anything.
  /// - Throws: `JobsError(.modelNotFound)` when the model has none.
  public func removeGoldenSet(of name: String) async throws -> GoldenSet {
    let set = try await store.removeGoldenSet(of: name)
    await forget(set)
    return set
  }

  /// Removes files that no row names; what cannot be removed is swept later.
  func forget(_ set: GoldenSet) async {
    do {
      try await uncancelled { [blobs] in
        try await blobs.deleteAll(under: BlobKey.prefix(of: set.id))
      }
    } catch {
      logger.warning("golden pictures stay behind", metadata: ["cause": "\(error)"])
    }
  }

  // MARK: - Aliases

  /// Moves an alias, and makes it where it is not. Where the model's golden pictures guard it, only to a version that
  /// passes them; one that was not checked with these very pictures is checked first.
  /// - Parameter golden: `.unchecked` moves it whatever the pictures say.
  /// - Returns: nil when it is there already.
  /// - Throws: `GoldenRefusal`; `JobsError` with `.modelNotFound` or `.modelConflict`, also when the pictures were
  ///   replaced, or the alias moved elsewhere, while the version was checked.
  public func move(
    _ alias: String, of name: String, to number: Int, expecting expectation: AliasExpectation,
    _ golden: GoldenGuard = .checked, by mover: String?
  ) async throws -> AliasMove? {
    let id = ModelVersionID(name: name, number: number)
    var place = expectation
    if golden == .checked, let set = try await guarding(alias, of: name),
      let seen = try await whereItMoves(alias, to: id, expectation)
    {
      var verdict = try await store.verdict(of: id, by: set.id)
      if verdict == nil {
        verdict = try await firstVerdict(of: id, set, for: alias, by: mover)
        // A check takes minutes: a move that was made meanwhile is newer than this one.
        place = seen
      }
      if let verdict, !verdict.passed {
        throw GoldenRefusal(verdict, set.demand, alias: alias)
      }
    }
    do {
      return try await store.move(
        alias, of: name, to: number, expecting: place, golden, by: mover, now: now())
    } catch let error as JobsError where error.code == .modelConflict && place != expectation {
      // Another one has brought it here while this one waited.
      let model = try await store.registeredModel(named: name)
      guard model?.aliases[alias] == number else { throw error }
      return nil
    }
  }

  /// The set for which an alias waits; nil when it moves freely.
  private func guarding(_ alias: String, of name: String) async throws -> GoldenSet? {
    guard let set = try await store.goldenSet(of: name), set.demand.aliases.contains(alias) else {
      return nil
    }
    return set
  }

  /// Where the alias is now; nil when it is at the version already.
  ///
  /// What would be refused in any case is not worth a check of minutes.
  private func whereItMoves(
    _ alias: String, to id: ModelVersionID, _ expectation: AliasExpectation
  ) async throws -> AliasExpectation? {
    let model = try await store.registeredModel(named: id.name)
    guard let model, model.numbers.contains(id.number) else { throw JobsError.noSuchVersion(id) }
    let current = model.aliases[alias]
    guard expectation.holds(for: current) else {
      throw JobsError.aliasMoved(alias, of: id.name, to: current)
    }
    return current == id.number ? nil : .at(current)
  }

  private func firstVerdict(
    of id: ModelVersionID, _ set: GoldenSet, for alias: String, by checker: String?
  ) async throws -> GoldenVerdict {
    do {
      return try await checks.withSlot {
        // Of whoever was first.
        if let kept = try await store.verdict(of: id, by: set.id) { return kept }
        return try await newVerdict(of: id, set, by: checker)
      }
    } catch var refusal as GoldenRefusal {
      refusal.alias = alias
      throw refusal
    }
  }

  // MARK: - Checks

  /// Runs a version over its model's golden pictures and keeps the verdict.
  /// - Throws: `GoldenRefusal` when it cannot be run, which is not kept; `DetectionError(.corruptedFile)` for a picture
  ///   that cannot be decoded; `JobsError` with `.modelNotFound` when there are no such version or pictures,
  ///   `.modelConflict` when they were replaced meanwhile, `.unavailable` where nothing can be tried.
  public func check(_ id: ModelVersionID, by checker: String?) async throws -> GoldenVerdict {
    let reference = ModelReference(name: id.name, selector: .number(id.number))
    guard try await store.modelVersion(reference) != nil else {
      throw JobsError.noSuchVersion(id)
    }
    guard let set = try await store.goldenSet(of: id.name) else {
      throw JobsError.noGoldenSet(id.name)
    }
    return try await checks.withSlot { try await newVerdict(of: id, set, by: checker) }
  }

  private func newVerdict(
    of id: ModelVersionID, _ set: GoldenSet, by checker: String?
  ) async throws -> GoldenVerdict {
    let figures: GoldenFigures
    do {
      let expected = try await ExpectedBoxFile.read(set.expectationKey, from: blobs)
      let found = try await found(by: id, in: set)
      figures = try await NIOThreadPool.singleton.runIfActive {
        GoldenFigures(
          GoldenScore(
            expected: expected, found: found.pictures, labels: found.labels,
            judged: Set(set.classes.keys)), of: set)
      }
    } catch let error as JobsError where error.code == .blobNotFound {
      throw JobsError.goldenSetReplaced(id.name)
    }
    let verdict = GoldenVerdict(
      version: id, setID: set.id, passed: figures.reaches(set.demand), figures: figures,
      checkedAt: now(), checkedBy: checker)
    try await store.keep(verdict)
    logger.info(
      "golden pictures checked", metadata: ["model": "\(id)", "passed": "\(verdict.passed)"])
    return verdict
  }

  private func found(
    by id: ModelVersionID, in set: GoldenSet
  ) async throws -> ProbedPictures {
    guard let probe, let versions else {
      throw JobsError(.unavailable, "Models cannot be tried here, so none is checked")
    }
    let limit = settings.goldenCheck
    do {
      return try await versions.withFiles(ofVersion: id.description) { path in
        try await withPictures(of: set) { pictures in
          try await withTimeLimit(limit, "look at all golden pictures") {
            try await probe.detect(path: path, in: pictures, timeLimit: limit)
          }
        }
      }
    } catch let error as DetectionError where error.code == .modelLoadError {
      throw GoldenRefusal(id, cannotRun: error.message)
    }
  }

  /// Lends files that have the pictures' bytes.
  ///
  /// They lie in the store's folder of temporary files, where the sweeper finds them if this process is killed.
  private func withPictures<Result: Sendable>(
    of set: GoldenSet, _ body: @Sendable ([String]) async throws -> Result
  ) async throws -> Result {
    try await withGoldenFiles(set.pictures.count) { paths in
      do {
        for (key, path) in zip(set.pictureKeys, paths) { try await blobs.copy(key, to: path) }
        return try await body(paths)
      } catch let error as DetectionError {
        throw error.naming(set.pictures.map(\.filename), at: paths)
      }
    }
  }
}

extension DetectionError {
  /// The same error with the pictures' names where paths of the server stood.
  fileprivate func naming(_ names: [String], at paths: [String]) -> DetectionError {
    // The longest first: one path may begin another one.
    let pairs = zip(paths, names).sorted { $0.0.utf8.count > $1.0.utf8.count }
    return DetectionError(
      code, pairs.reduce(message) { $0.replacing($1.0, with: $1.1) }, cause: cause)
  }
}

extension GoldenFigures {
  init(_ score: GoldenScore, of set: GoldenSet) {
    self.init(
      total: GoldenCounts(score.total),
      pictures: zip(set.pictures, score.pictures).map {
        Part(name: $0.filename, counts: GoldenCounts($1))
      },
      classes: score.classes.sorted { $0.key < $1.key }.map {
        Part(name: $0.key, counts: GoldenCounts($0.value))
      })
  }
}
