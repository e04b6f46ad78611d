import Jobs
import Logging
import ServiceLifecycle

/// Deletes what has expired, at the start and then every ten minutes, and sweeps what was left behind, which looks at
/// all that is kept, every hour. Several API processes may do so at once.
struct Maintenance: ServiceLifecycle.Service {
  private static let interval = Duration.seconds(600)
  private static let roundsASweep = 6

  let service: Service

  func run() async {
    let clock = ContinuousClock()
    await cancelWhenGracefulShutdown {
      var round = 0
      while !Task.isCancelled {
        await deleteExpired()
        if round.isMultiple(of: Self.roundsASweep) { await sweepLeftovers() }
        round += 1
        do { try await clock.sleep(for: Self.interval) } catch { return }
      }
    }
  }

  private func deleteExpired() async {
    do {
      let counts = try await Retention(uploads: service.uploads, blobs: service.blobs)
        .run(now: service.now())
      if counts.uploads > 0 {
        service.logger.info(
          "expired uploads deleted",
          metadata: ["uploads": "\(counts.uploads)", "jobs": "\(counts.jobs)"])
      }
    } catch {
      report(error, of: "expired uploads cannot be deleted")
    }
  }

  private func sweepLeftovers() async {
    do {
      let counts = try await LeftoverSweeper(
        jobs: service.jobs, uploads: service.uploads, models: service.registry.store,
        blobs: service.blobs
      ).run(now: service.now())
      if counts != LeftoverSweeper.Counts() {
        service.logger.info(
          "leftovers removed",
          metadata: [
            "uploads": "\(counts.uploads)", "jobs": "\(counts.jobs)",
            "models": "\(counts.models)",
            "temporary_files": "\(counts.temporaryFiles)",
          ])
      }
    } catch {
      report(error, of: "leftovers cannot be removed")
    }
  }

  private func report(_ error: any Error, of what: String) {
    if error is CancellationError { return }
    service.logger.warning("\(what)", metadata: ["cause": "\(error)"])
  }
}
