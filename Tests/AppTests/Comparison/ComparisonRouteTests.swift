import Foundation
import HTTPTypes
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("GET /jobs/{job_id}/comparison")
struct ComparisonRouteTests {
  private typealias Bench = ComparisonBench

  /// The first version finds a plane and two ships, and fails at the third picture; the second one finds the plane with
  /// more confidence, one ship, a boat instead of the other one, and fails at the second picture.
  private func compared(_ bench: Bench) async throws -> (base: Job, candidate: Job) {
    let base = try await bench.insert()
    try await bench.complete(
      base, as: 1,
      [[Bench.box(0, at: 0, 0.5), Bench.box(1, at: 50), Bench.box(1, at: 100)], [], nil])
    let candidate = try await bench.insert { job in
      job.model = bench.versions[1].pin
      job.comparison = JobComparison(base: base.id, isShadow: false)
    }
    try await bench.complete(
      candidate, as: 2,
      [[Bench.box(2, at: 0, 0.75), Bench.box(0, at: 50), Bench.box(1, at: 100)], nil, []],
      draws: false)
    return (base, candidate)
  }

  /// By hand: 2 of 3 and 3 boxes; the ships 1 of 2 and 1, the plane 1 of 1 and 1, the boat 0 of 0 and 1.
  @Test("figures of all, of classes and of pictures, and what has another label now")
  func whole() async throws {
    let bench = try await Bench()
    let (base, candidate) = try await compared(bench)
    let answer = try await bench.ask(.get, "\(candidate.id)/comparison")
    #expect(answer.status == 200, "\(answer.text)")
    let figures = """
      "base_boxes": 3, "candidate_boxes": 3, "matched": 2, "only_base": 1, "only_candidate": 1,
      "agreement": 0.666667, "mean_iou": 1, "mean_confidence_change": 0.125
      """
    let files = bench.files
    let names = bench.upload.files.map(\.filename)
    let hashes = ["1", "2"].map { String(repeating: $0, count: 64) }
    #expect(
      try object(answer.text)
        == object(
          """
          {"status": "success",
           "data": {
             "job_id": "\(candidate.id)", "base_job_id": "\(base.id)",
             "base_model": {"name": "aerial", "version": 1, "task": "detect", "sha256": "\(hashes[0])"},
             "candidate_model":
               {"name": "aerial", "version": 2, "task": "detect", "sha256": "\(hashes[1])"},
             "iou_threshold": 0.5,
             "figures": {\(figures)},
             "classes": [
               {"class": "ship", "base_boxes": 2, "candidate_boxes": 1, "matched": 1,
                "only_base": 1, "only_candidate": 0, "agreement": 0.666667, "mean_iou": 1,
                "mean_confidence_change": 0},
               {"class": "plane", "base_boxes": 1, "candidate_boxes": 1, "matched": 1,
                "only_base": 0, "only_candidate": 0, "agreement": 1, "mean_iou": 1,
                "mean_confidence_change": 0.25},
               {"class": "boat", "base_boxes": 0, "candidate_boxes": 1, "matched": 0,
                "only_base": 0, "only_candidate": 1, "agreement": 0, "mean_iou": null,
                "mean_confidence_change": null}],
             "relabelled": [{"base": "ship", "candidate": "boat", "count": 1}],
             "images": [
               {"number": 1, "file_id": "\(files[0])", "filename": "\(names[0])",
                "figures": {\(figures)},
                "base_annotated_url": "/api/v1/files/\(files[0])/annotated?job_id=\(base.id)",
                "candidate_annotated_url": null},
               {"number": 2, "file_id": "\(files[1])", "filename": "\(names[1])",
                "failure": {"side": "candidate", "code": "CORRUPTED_FILE", "message": "it is cut off"},
                "base_annotated_url": "/api/v1/files/\(files[1])/annotated?job_id=\(base.id)",
                "candidate_annotated_url": null},
               {"number": 3, "file_id": "\(files[2])", "filename": "\(names[2])",
                "failure": {"side": "base", "code": "CORRUPTED_FILE", "message": "it is cut off"},
                "base_annotated_url": null, "candidate_annotated_url": null}]}}
          """), "\(answer.text)")
    let tag = try #require(answer.headers[.eTag])
    let again = try await bench.ask(.get, "\(candidate.id)/comparison", [.ifNoneMatch: tag])
    #expect(again.status == 304)
    let other = try await bench.ask(
      .get, "\(candidate.id)/comparison?base=\(base.id)", [.ifNoneMatch: tag])
    #expect(other.status == 200)
  }

  @Test("any two completed jobs over common files are compared, in either direction")
  func others() async throws {
    let bench = try await Bench()
    let (base, candidate) = try await compared(bench)
    // Only over the first picture.
    let small = try await bench.insert { $0.fileIDs.removeLast(2) }
    try await bench.complete(small, as: 1, [[Bench.box(0, at: 0)]])
    let answer = try await bench.ask(.get, "\(small.id)/comparison?base=\(candidate.id)")
    let figures = try #require(answer.data["figures"] as? [String: Any], "\(answer.text)")
    #expect(figures["base_boxes"] as? Int == 3)
    #expect(figures["candidate_boxes"] as? Int == 1)
    #expect(figures["matched"] as? Int == 1)
    #expect(figures["mean_confidence_change"] as? Double == -0.25)
    #expect((answer.data["images"] as? [Any])?.count == 1)
    let back = try await bench.ask(.get, "\(base.id)/comparison?base=\(candidate.id)")
    #expect(
      back.data["relabelled"] as? [NSDictionary]
        == [try object(#"{"base": "boat", "candidate": "ship", "count": 1}"#)])
  }

  @Test("what cannot be compared says which of the two is at fault")
  func refused() async throws {
    let bench = try await Bench()
    let base = try await bench.insert { $0.fileIDs.removeLast() }
    try await bench.complete(base, as: 1, [[], []])
    let other = try await bench.insert { $0.fileIDs.removeFirst(2) }
    try await bench.complete(other, as: 1, [[]])
    let queued = try await bench.insert { job in
      job.comparison = JobComparison(base: base.id, isShadow: false)
    }
    let early = try await bench.insert()
    func ask(_ job: Job, _ query: String = "") async throws -> Bench.Answer {
      try await bench.ask(.get, "\(job.id)/comparison\(query)")
    }
    let unnamed = try await ask(base)
    #expect(unnamed.code == "INVALID_REQUEST")
    #expect(unnamed.problem?.hasPrefix("base: The job was not made to be compared") == true)
    #expect(try await ask(base, "?base=\(base.id)").problem == "base: Must be another job")
    #expect(
      try await ask(base, "?base=\(other.id)").problem
        == "base: The two jobs have no file in common")
    #expect(try await ask(queued).code == "RESULTS_NOT_READY")
    let unready = try await ask(base, "?base=\(early.id)")
    #expect(unready.code == "RESULTS_NOT_READY")
    #expect(unready.text.contains("\(early.id) is queued"))
    for base in ["job_01kgfsc0e7v5j1n8qg3zr6xh2a", "nonsense"] {
      #expect(try await ask(other, "?base=\(base)").code == "JOB_NOT_FOUND")
    }
    #expect(try await ask(other, "?bass=1").code == "INVALID_REQUEST")
  }

  @Test("another one's job is none as a base")
  func strangers() async throws {
    let bench = try await Bench()
    let own = try await bench.insert { $0.owner = "ann" }
    try await bench.complete(own, as: 1, [[], [], []])
    let theirs = try await bench.insert { $0.owner = "bob" }
    try await bench.complete(theirs, as: 1, [[], [], []])
    let ann = Caller(credential: .none, owner: "ann", account: "ann", scopes: [.read, .submit])
    let answer = try await bench.ask(.get, "\(own.id)/comparison?base=\(theirs.id)", as: ann)
    #expect(answer.code == "JOB_NOT_FOUND")
  }

  @Test("a stored result that is gone is an error, not half an answer")
  func damaged() async throws {
    let bench = try await Bench()
    let (base, candidate) = try await compared(bench)
    try await bench.bench.blobs.delete(["jobs/\(base.id)/1/\(bench.files[0])"])
    let answer = try await bench.ask(.get, "\(candidate.id)/comparison")
    #expect(answer.code == "STORAGE_ERROR")
  }
}
