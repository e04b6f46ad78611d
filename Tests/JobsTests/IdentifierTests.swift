import Foundation
import Jobs
import Testing

@Suite("Identifier")
struct IdentifierTests {
  @Test("ids have their prefix, 26 characters, and sort by time")
  func form() {
    let early = JobID(at: Date(timeIntervalSince1970: 1_770_000_000))
    let late = JobID(at: Date(timeIntervalSince1970: 1_770_000_000.001))
    #expect(early.description.hasPrefix("job_"))
    #expect(early.description.count == 30)
    #expect(early < late)
    #expect(JobID(early.description) == early)
  }

  @Test("no two ids of the same moment are equal")
  func unique() {
    let now = Date(timeIntervalSince1970: 1_770_000_000)
    #expect(Set((0..<10_000).map { _ in FileID(at: now) }).count == 10_000)
  }

  @Test(
    "what does not match the pattern is no id",
    arguments: [
      "", "job_", "job_0123456789a", "job_0123456789abcdef0123456789a", "upl_0123456789abcdef",
      "job_0123456789ABCDEF", "job_../../etc/passwd", "job_0123456789abcde\u{0}",
      "JOB_0123456789abcdef",
      "job_0123456789abcdé", " job_0123456789abcdef", "job_0123456789abcdef\n",
    ])
  func rejected(text: String) {
    #expect(JobID(text) == nil)
  }

  @Test("12 to 26 characters are an id", arguments: [12, 20, 26])
  func accepted(length: Int) {
    #expect(UploadID("upl_" + String(repeating: "z", count: length)) != nil)
  }
}

@Suite("Job state")
struct JobStateTests {
  @Test("ended states never change", arguments: JobState.allCases.filter(\.isEnded))
  func ended(state: JobState) {
    #expect(JobState.allCases.allSatisfy { !state.canBecome($0) })
  }

  @Test("a queued job cannot complete, a processed one can be queued again")
  func transitions() {
    #expect(!JobState.queued.canBecome(.completed))
    #expect(JobState.queued.canBecome(.processing))
    #expect(JobState.processing.canBecome(.queued))
    #expect(!JobState.processing.canBecome(.processing))
  }
}
