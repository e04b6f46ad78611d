import Foundation
import Jobs
import Metrics
import TestSupport
import Testing

@testable import App

@Suite("StoreObserver")
struct StoreObserverTests {
  private let registry = MetricRegistry()

  private func observer(_ store: String = "database") -> StoreObserver {
    StoreObserver(
      store, system: "sqlite", metrics: ServiceMetrics(factory: registry), traces: .off)
  }

  private func calls(_ operation: String, of store: String = "database") -> Int {
    let family = registry.family("harrier_store_operation_duration_seconds")
    return (family?.series([store, operation]) as? HistogramSeries)?.totals.count ?? 0
  }

  private func errors(_ operation: String) -> Double {
    registry.counter("harrier_store_errors_total", ["database", operation])
  }

  @Test("each call is counted with its time, also one that fails")
  func counted() async throws {
    let store = ObservedStore(MemoryStore(), observer: observer())
    let upload = sampleUpload()
    try await store.insert(upload)
    let job = sampleJob(over: upload)
    _ = try await store.insert(job, idempotency: nil)
    _ = try await store.job(job.id)
    _ = try await store.job(job.id)
    #expect(calls("insert_upload") == 1)
    #expect(calls("insert_job") == 1)
    #expect(calls("job") == 2)
  }

  @Test(
    "a store that fails is counted; one that says no is not",
    arguments: [
      (JobsError(.databaseError, "x"), 1.0), (JobsError(.unavailable, "x"), 1),
      (JobsError(.storageError, "x"), 1), (JobsError(.leaseLost, "x"), 0),
      (JobsError(.queueFull, "x"), 0), (JobsError(.blobNotFound, "x"), 0),
    ] as [(JobsError, Double)])
  func failures(error: JobsError, count: Double) async {
    let observe = observer()
    await #expect(throws: error) {
      try await observe("claim") { () async throws -> Int in throw error }
    }
    await #expect(throws: CancellationError.self) {
      try await observe("claim") { () async throws -> Int in throw CancellationError() }
    }
    #expect(errors("claim") == count)
    #expect(calls("claim") == 2)
  }

  @Test("the operation in hand learns what it has waited for")
  func parts() async throws {
    let observe = observer()
    let parts = OperationParts()
    try await OperationParts.$current.withValue(parts) {
      for _ in 0..<2 { _ = try await observe("job") { 1 } }
      _ = try await observe("records") { 1 }
    }
    _ = try await observe("elsewhere") { 1 }
    let text = parts.description
    #expect(text.contains("database job: 2 x, "))
    #expect(text.contains("database records: "))
    #expect(!text.contains("elsewhere"))
  }

  @Test("what is done with a local file is not the store's time or fault")
  func localFile() async throws {
    let memory = try MemoryBlobStore()
    let blobs = ObservedBlobStore(memory, observer: observer("files"))
    try await blobs.put(Array("x".utf8), as: "uploads/upl/img")
    await #expect(throws: JobsError.self) {
      try await blobs.withLocalFile("uploads/upl/img") { _ in
        throw JobsError(.databaseError, "of the body")
      }
    }
    #expect(calls("put", of: "files") == 1)
    #expect(calls("fetch", of: "files") == 1)
    #expect(registry.counter("harrier_store_errors_total", ["files", "fetch"]) == 0)
  }
}

@Suite("OperationParts")
struct OperationPartsTests {
  @Test("the longest comes first, and calls of one name are added up")
  func order() {
    let parts = OperationParts()
    parts.add("files put", .milliseconds(3))
    parts.add("database claim", .milliseconds(12.52))
    parts.add("files put", .milliseconds(2))
    #expect(parts.description == "database claim: 12.5 ms, files put: 2 x, 5.0 ms")
    parts.hold(.seconds(2))
    #expect(parts.held == .seconds(2))
  }
}
