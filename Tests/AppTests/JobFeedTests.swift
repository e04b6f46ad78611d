import Jobs
import TestSupport
import Testing

@testable import App

@Suite("Job feed")
struct JobFeedTests {
  private func document(_ id: JobID, version: Int) -> StatusDocument {
    StatusDocument(
      jobID: id, version: version, state: .queued, percentage: 0, data: "{\"v\":\(version)}")
  }

  private let ids = (0...FeedSubscription.maxWaiting).map { _ in JobID(at: startOfTests) }

  @Test("of each job the newest document is kept, oldest change first")
  func newest() async {
    let feed = JobFeed()
    await feed.withSubscription(seeing: { _ in true }) { news in
      for (index, version) in [(0, 1), (1, 2), (0, 4), (1, 3), (0, 2)] {
        feed.publish(document(ids[index], version: version), owner: nil)
      }
      let taken = news.take()
      #expect(taken.documents.map(\.version) == [3, 4])
      #expect(!taken.isReset)
      #expect(news.isEmpty && news.take().documents.isEmpty)
    }
  }

  @Test("a stream is passed those jobs alone that its caller sees, and nothing when it is closed")
  func owners() async {
    let feed = JobFeed()
    #expect(!feed.isWanted("ada"))
    await feed.withSubscription(seeing: { $0 == "ada" }) { news in
      #expect(feed.isWanted("ada") && !feed.isWanted("eve") && !feed.isWanted(nil))
      feed.publish(document(ids[0], version: 1), owner: "eve")
      #expect(news.isEmpty)
      feed.publish(document(ids[1], version: 2), owner: "ada")
      #expect(news.take().documents.map(\.jobID) == [ids[1]])
    }
    #expect(!feed.isWanted("ada"))
  }

  @Test("a reader that is too far behind is told to read the list, and memory is bounded")
  func slowReader() async {
    let feed = JobFeed()
    await feed.withSubscription(seeing: { _ in true }) { news in
      for (version, id) in ids.enumerated() {
        feed.publish(document(id, version: version), owner: nil)
      }
      let taken = news.take()
      #expect(taken.isReset)
      #expect(taken.documents.map(\.jobID) == [ids[FeedSubscription.maxWaiting]])
    }
  }

  @Test("a reset reaches all streams")
  func reset() async {
    let feed = JobFeed()
    await feed.withSubscription(seeing: { _ in false }) { news in
      feed.reset()
      await news.signal.wait(upTo: .seconds(60))
      #expect(news.take().isReset)
      #expect(news.isEmpty)
    }
  }
}
