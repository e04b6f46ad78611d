/// What all stores say about registered models, in the same words.
extension JobsError {
  public static func noSuchModel(_ name: String) -> JobsError {
    JobsError(.modelNotFound, "No model \(name) is registered")
  }

  public static func noSuchVersion(_ id: ModelVersionID) -> JobsError {
    JobsError(.modelNotFound, "There is no version \(id)")
  }

  public static func noSuchAlias(_ alias: String, of name: String) -> JobsError {
    JobsError(.modelNotFound, "The model \(name) has no alias \(alias)")
  }

  /// Who moves it has seen it elsewhere.
  public static func aliasMoved(_ alias: String, of name: String, to number: Int?) -> JobsError {
    let place = number.map { "at \(name)@\($0)" } ?? "nowhere"
    return JobsError(
      .modelConflict, "The alias \(alias) is not where it was expected: it is \(place)")
  }

  public static func nothingBefore(_ alias: String, of name: String) -> JobsError {
    JobsError(
      .modelConflict,
      "The alias \(alias) of \(name) cannot be rolled back: no version that it was at before is left"
    )
  }

  public static func tooManyModels(_ limit: Int) -> JobsError {
    JobsError(.modelConflict, "\(limit) models are registered, and no more may be")
  }

  public static func tooManyVersions(_ limit: Int, of name: String) -> JobsError {
    JobsError(
      .modelConflict, "The model \(name) has \(limit) versions, and no more may be: delete some")
  }

  /// - Parameter aliases: those that point at it; empty when a job runs it.
  public static func versionInUse(_ id: ModelVersionID, by aliases: [String]) -> JobsError {
    JobsError(
      .modelInUse,
      aliases.isEmpty
        ? "A job that has not ended runs \(id)"
        : "\(id) is where these aliases are: \(aliases.sorted().joined(separator: ", "))")
  }

  public static func modelInUse(_ name: String) -> JobsError {
    JobsError(.modelInUse, "A job that has not ended runs a version of \(name)")
  }
}
