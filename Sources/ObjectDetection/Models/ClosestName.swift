/// The known name that a mistyped one most likely stands for; nil when none is near.
public func closestName(to name: String, among known: [String]) -> String? {
  // Longer ones are no typing mistakes, and the distance costs the product of the lengths.
  guard (2...64).contains(name.utf8.count) else { return nil }
  let beginnings = known.filter { $0.hasPrefix(name) }
  if name.count > 2, beginnings.count == 1 { return beginnings[0] }
  let allowed = max(1, name.count / 3)
  let distances = known.filter { abs($0.utf8.count - name.utf8.count) <= 4 * allowed }.map {
    ($0, editDistance(Array(name), Array($0)))
  }
  return distances.filter { $0.1 <= allowed }.min { $0.1 < $1.1 }?.0
}

/// Insertions, deletions, substitutions and swaps of neighbours that lead from one to the other (optimal
/// string alignment).
private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
  var beforePrevious: [Int] = []
  var previous = Array(0...right.count)
  for (row, character) in left.enumerated() {
    var current = [row + 1]
    for (column, other) in right.enumerated() {
      var cost = min(
        previous[column + 1] + 1, current[column] + 1,
        previous[column] + (character == other ? 0 : 1))
      if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
        cost = min(cost, beforePrevious[column - 1] + 1)
      }
      current.append(cost)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.count]
}
