/// Which label each class of a model has in results. Several classes with one label are one class there.
public struct ClassMap: Sendable, Hashable {
  /// By class id in results: in the order in which the model's classes first have them.
  public let labels: [String]
  /// The class id in results of each of the model's.
  private let ids: [Int]
  /// Class ids in results that several of the model's became.
  let merged: Set<Int>

  /// - Parameter renamed: labels by the model's class names; a class that is not in it keeps its name.
  public init(_ renamed: [String: String], of classNames: [String]) {
    var labels: [String] = []
    var places: [String: Int] = [:]
    var merged: Set<Int> = []
    ids = classNames.map { name in
      let label = renamed[name] ?? name
      if let place = places[label] {
        merged.insert(place)
        return place
      }
      places[label] = labels.count
      labels.append(label)
      return labels.count - 1
    }
    self.labels = labels
    self.merged = merged
  }

  /// The class id in results; ids beyond the model's names stay as they are.
  public func callAsFunction(_ classID: Int) -> Int {
    ids.indices.contains(classID) ? ids[classID] : classID
  }
}
