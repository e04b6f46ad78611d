import Testing

@testable import App

@Suite("FileFollower")
struct FileFollowerTests {
  /// Whether each of these looks asks to read the files.
  private func looks(_ follower: inout FileFollower<Int>, _ versions: Int...) -> [Bool] {
    versions.map { follower.shouldLoad($0) }
  }

  @Test("files are read when a second look finds the same change, and not again")
  func change() {
    var follower = FileFollower(1)
    // The certificate is written, then the key.
    let before = looks(&follower, 1, 2, 3, 3)
    #expect(before == [false, false, false, true])
    follower.loaded(3)
    let after = looks(&follower, 3, 3)
    #expect(after == [false, false])
  }

  @Test("what failed is tried at each look, and told of once for each change and reason")
  func failure() {
    var follower = FileFollower(1)
    let first = looks(&follower, 2, 2)
    #expect(first == [false, true])
    let tells = ["no key", "no key", "no rights"].map { follower.failed(2, because: $0) }
    #expect(tells == [true, false, true])
    let second = looks(&follower, 2, 3, 3)
    #expect(second == [true, false, true])
    let isTold = follower.failed(3, because: "no rights")
    #expect(isTold)
    // The old files are back.
    let third = looks(&follower, 1, 1)
    #expect(third == [false, false])
  }

  @Test("a change that was undone before the second look is none")
  func undone() {
    var follower = FileFollower(1)
    let all = looks(&follower, 2, 1, 1)
    #expect(all == [false, false, false])
  }
}
