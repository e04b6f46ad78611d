import Foundation
import Jobs
import ObjectDetection

extension Service {
  /// A job over the files of another one, with its configuration and another model; nobody's, and not queued yet.
  ///
  /// - Parameters:
  ///   - upload: of the base, which need not have ended.
  ///   - model: by the name that the catalog gives it.
  /// - Throws: `APIError(.invalidConfig)` that names each class which the base's configuration needs and the model lacks;
  ///   `.rulesNotFound` when its rules are not installed any more.
  func comparisonJob(
    over upload: Upload, like base: Job, _ model: InstalledModel
  ) async throws -> Job {
    let files = Set(base.fileIDs)
    let pixels = upload.files.reduce(0) { pixels, file in
      pixels + (files.contains(file.id) ? file.width * file.height : 0)
    }
    let time = now()
    var job = Job(
      id: JobID(at: time), uploadID: upload.id, fileIDs: base.fileIDs,
      configuration: try await configuration(like: base, for: model).json,
      priority: base.priority, megapixels: Double(pixels) / 1e6, createdAt: time)
    job.model = model.pin
    return job
  }

  private func configuration(
    like base: Job, for model: InstalledModel
  ) async throws -> DetectionConfiguration {
    let old = try DetectionConfiguration(json: base.configuration)
    var new = try old.moved(to: model, from: try await modelDefaults(of: old))
    // Where the base had no rules when it was accepted, the other one has none either.
    if old.reasoner != nil { new.reasoner = try await reasoner(for: new, model) }
    return new
  }

  /// What the document of a job's model says; nothing when the model is gone.
  private func modelDefaults(of configuration: DetectionConfiguration) async throws -> ClassSettings
  {
    do {
      return try await models.model(named: configuration.model).defaults
    } catch is DetectionError {
      return ClassSettings()
    }
  }
}

extension DetectionConfiguration {
  /// The same for another model, without rules.
  ///
  /// What the request said of classes and thresholds stays, thresholds of classes where the model has the class. What
  /// was the old model's own is left to the new one's document: it is what a job would do that names it.
  ///
  /// - Parameters:
  ///   - model: must have every class that the filter and a map of the request name.
  ///   - oldDefaults: what the document of the present model says.
  /// - Throws: `APIError(.invalidConfig)`, field `model`, with every class that is missing.
  func moved(
    to model: InstalledModel, from oldDefaults: ClassSettings
  ) throws(APIError) -> DetectionConfiguration {
    var moved = self
    moved.model = model.name
    moved.reasoner = nil
    let isOwnMap = classSettings.classMap == oldDefaults.classMap
    moved.classSettings.classMap = isOwnMap ? model.defaults.classMap : classSettings.classMap
    let labels = moved.classSettings.labels(of: model.classNames)
    let (ownNames, known) = (Set(model.classNames), Set(labels))
    let mapped = isOwnMap ? [] : (classSettings.classMap ?? [:]).keys.sorted()
    let problems =
      mapped.filter { !ownNames.contains($0) }.map {
        Self.lack(of: $0, in: model, for: "class_map")
      }
      + (classes ?? []).filter { !known.contains($0) }.map {
        Self.lack(of: $0, in: model, for: "classes")
      }
    guard problems.isEmpty else {
      throw JSONFields.invalid(Array(problems.prefix(JSONFields.maxProblems)))
    }
    moved.classSettings.takeThresholds(
      of: model.defaults, insteadOf: oldDefaults, labels: known)
    return moved
  }

  private static func lack(
    of name: String, in model: InstalledModel, for field: String
  ) -> APIErrorEntry {
    .field(
      "model", "INVALID_VALUE",
      "\(model.name) has no class \"\(name)\", which \(field) of the job names")
  }
}

extension ClassSettings {
  /// Goes from the thresholds of one model's document to those of another's; a caller's own stay.
  fileprivate mutating func takeThresholds(
    of new: ClassSettings, insteadOf old: ClassSettings, labels: Set<String>
  ) {
    let asked = classThresholds.filter { old.classThresholds[$0.key] != $0.value }
    // A caller who asked for the very number is taken for one who asked for nothing.
    let isOwn = confidenceThreshold == old.confidenceThreshold ?? Self.standardConfidence
    if isOwn { confidenceThreshold = new.confidenceThreshold ?? Self.standardConfidence }
    classThresholds = (isOwn ? new.classThresholds.merging(asked) { $1 } : classThresholds)
      .filter { labels.contains($0.key) }
  }
}
