/// A queue that serves its keys in turn: one element of each key, then the next of each.
///
/// An image with hundreds of slices and one with a single slice get the same share of the requests.
struct TurnQueue<Key: Hashable, Element> {
  private var elements: [Key: [Element]] = [:]
  private var turns: [Key] = []

  var isEmpty: Bool { turns.isEmpty }

  /// Adds behind the elements of the same key; a new key takes its turn last.
  mutating func append(_ element: Element, for key: Key) {
    if elements[key, default: []].isEmpty { turns.append(key) }
    elements[key, default: []].append(element)
  }

  /// The first element of the key whose turn it is.
  mutating func popFirst() -> Element? {
    guard !turns.isEmpty else { return nil }
    let key = turns.removeFirst()
    var queue = elements.removeValue(forKey: key) ?? []
    let element = queue.removeFirst()
    if !queue.isEmpty {
      elements[key] = queue
      turns.append(key)
    }
    return element
  }

  /// Takes out the first element of `key` that fits.
  mutating func remove(for key: Key, where fits: (Element) -> Bool) -> Element? {
    guard var queue = elements[key], let index = queue.firstIndex(where: fits) else { return nil }
    let element = queue.remove(at: index)
    elements[key] = queue.isEmpty ? nil : queue
    if queue.isEmpty { turns.removeAll { $0 == key } }
    return element
  }
}
