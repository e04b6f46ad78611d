import Dispatch
import ObjectDetection
import Synchronization
import TestSupport
import Testing

@testable import Inference

@Suite("InferRequestPool")
struct InferRequestPoolTests {
  private let compiled: CompiledModel
  private let requests: [InferRequest]

  init() throws {
    compiled = try CompiledModel(
      ModelFile(path: Checkout.modelFixture("v8-detect.onnx")), options: OpenVINOOptions(),
      runtime: EngineFixture.runtime())
    var requests: [InferRequest] = []
    while requests.count < 3 { requests += try compiled.makeRequests() }
    self.requests = Array(requests.prefix(3))
  }

  @Test("a request has one user at a time, and all requests are used")
  func exclusive() async throws {
    let pool = InferRequestPool(requests)
    let inUse = Shared<Set<ObjectIdentifier>>([])
    let seen = Shared<Set<ObjectIdentifier>>([])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<300 {
        group.addTask {
          try await pool.withRequest(for: ImageLane(id: UInt64(index % 7))) { request in
            let id = ObjectIdentifier(request)
            let isAlone = inUse.withLock { $0.insert(id).inserted }
            #expect(isAlone)
            _ = seen.withLock { $0.insert(id) }
            for _ in 0..<index % 5 { await Task.yield() }
            _ = inUse.withLock { $0.remove(id) }
          }
        }
      }
      try await group.waitForAll()
    }
    let seenCount = seen.withLock(\.count)
    #expect(seenCount == 3)
  }

  @Test("an error of the body gives the request back")
  func bodyThrows() async throws {
    struct Refusal: Error {}
    let pool = InferRequestPool([requests[0]])
    for _ in 0..<3 {
      await #expect(throws: Refusal.self) {
        try await pool.withRequest(for: ImageLane(id: 0)) { _ in throw Refusal() }
      }
    }
    try await pool.withRequest(for: ImageLane(id: 0)) { _ in }
  }

  @Test("who waits and is cancelled gets a CancellationError, and the others their turn")
  func cancelledWaiter() async throws {
    let pool = InferRequestPool([requests[0]])
    let holder = await Holder(pool)
    let executor = StepExecutor()
    let served = Shared<[Int]>([])
    let waiters = (0..<3).map { index in
      Task(executorPreference: executor) {
        try await pool.withRequest(for: ImageLane(id: UInt64(index))) { _ in
          served.withLock { $0.append(index) }
        }
      }
    }
    // All three stand in line now.
    executor.finishJobs()
    waiters[1].cancel()
    await #expect(throws: CancellationError.self) { try await waiters[1].value }
    let isNobodyServed = served.withLock(\.isEmpty)
    #expect(isNobodyServed)
    await holder.release()
    try await waiters[0].value
    try await waiters[2].value
    let order = served.withLock { $0 }
    #expect(order == [0, 2])
    try await pool.withRequest(for: ImageLane(id: 9)) { _ in }
  }

  @Test("who is cancelled before waiting never gets a request, free or not")
  func cancelledBefore() async throws {
    let pool = InferRequestPool([requests[0]])
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await pool.withRequest(for: ImageLane(id: 0)) { _ in }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    try await pool.withRequest(for: ImageLane(id: 0)) { _ in }
  }

  @Test("an image with one slice waits for one slice of the image with two hundred")
  func fairness() async throws {
    let pool = InferRequestPool([requests[0]])
    let holder = await Holder(pool)
    let executor = StepExecutor()
    let served = Shared<[UInt64]>([])
    func wait(for lane: UInt64) -> Task<Void, any Error> {
      Task(executorPreference: executor) {
        try await pool.withRequest(for: ImageLane(id: lane)) { _ in
          served.withLock { $0.append(lane) }
        }
      }
    }
    var tasks = (0..<200).map { _ in wait(for: 1) }
    executor.finishJobs()
    tasks.append(wait(for: 2))
    executor.finishJobs()
    await holder.release()
    for task in tasks { try await task.value }
    let order = served.withLock { $0 }
    #expect(order.count == 201)
    #expect(order.firstIndex(of: 2) == 1)
  }

  @Test("cancelling at random moments loses no request", arguments: 0..<5)
  func cancellationStorm(_ round: Int) async throws {
    let pool = InferRequestPool(requests)
    let tasks = (0..<200).map { index in
      Task {
        try await pool.withRequest(for: ImageLane(id: UInt64(index % 3))) { _ in
          await Task.yield()
        }
      }
    }
    for (index, task) in tasks.enumerated() where index % 2 == round % 2 { task.cancel() }
    for task in tasks {
      if case .failure(let error) = await task.result { #expect(error is CancellationError) }
    }
    // All three can be held at once only if none was lost.
    let holders = [await Holder(pool), await Holder(pool), await Holder(pool)]
    for holder in holders { await holder.release() }
  }
}

/// A value that several tasks change in turn.
private final class Shared<Value: Sendable>: Sendable {
  private let value: Mutex<Value>
  init(_ value: Value) { self.value = Mutex(value) }

  func withLock<Result: Sendable>(_ body: (inout sending Value) -> sending Result) -> Result {
    value.withLock(body)
  }
}

/// Holds a request until it is told to give it back.
private struct Holder: Sendable {
  private let gate = AsyncStream<Never>.makeStream()
  private let task: Task<Void, any Error>

  /// Returns when it has the request.
  init(_ pool: InferRequestPool) async {
    let holds = AsyncStream<Never>.makeStream()
    let gate = gate.stream
    task = Task {
      try await pool.withRequest(for: ImageLane(id: .max)) { _ in
        holds.continuation.finish()
        for await _ in gate {}
      }
    }
    for await _ in holds.stream {}
  }

  func release() async {
    gate.continuation.finish()
    _ = await task.result
  }
}

/// Runs tasks on one queue, so that a test can wait until they all suspend.
private final class StepExecutor: TaskExecutor {
  private let queue = DispatchQueue(label: "harrier.tests.steps")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }

  /// Returns when every job that was enqueued so far has run.
  func finishJobs() { queue.sync {} }
}
