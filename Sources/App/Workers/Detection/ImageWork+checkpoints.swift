import Jobs
import Logging
import ObjectDetection
import Synchronization

/// What is done of a large image, for the attempt that goes on when this one is broken off.
extension ImageWork {
  /// So many slices at a time; half a minute of work with a small model.
  private static let checkpointSlices = 64

  /// What an earlier attempt has left.
  func finishedSlices(
    of file: UploadedFile, _ regionCount: Int
  ) async throws -> [FinishedSlice] {
    var slices: [FinishedSlice] = []
    for checkpoint in claimed.checkpoints where checkpoint.fileID == file.id {
      do {
        let bytes = try await job.blobs.bytes(checkpoint.key, limit: DetectionJob.maxResultBytes)
        slices += try CheckpointFile.decode(
          bytes, regionCount: regionCount, model: detector.model)
      } catch let error as JobsError where error.code == .blobNotFound {
        // Another job over the file has finished it and removed what it no longer needed.
        continue
      } catch let error as DetectionError {
        job.logger.warning(
          "A checkpoint cannot be used",
          metadata: ["job_id": "\(claimed.job.id)", "cause": "\(error)"])
      }
    }
    return slices
  }

  func checkpoints(of file: UploadedFile, _ regionCount: Int) -> SliceCheckpoints {
    SliceCheckpoints(every: Self.checkpointSlices) { slices in
      await keep(slices, of: file, regionCount: regionCount)
    }
  }

  /// What cannot be kept is inferred again by the next attempt.
  private func keep(_ slices: [FinishedSlice], of file: UploadedFile, regionCount: Int) async {
    let checkpoint = Checkpoint(
      fileID: file.id, key: key(file, "slices-\(kept.next(of: file.id))"))
    do {
      try await uncancelled { [job, detector] in
        try await job.blobs.put(
          CheckpointFile.encode(slices, regionCount: regionCount, model: detector.model),
          as: checkpoint.key)
      }
      try await reporter.keep(checkpoint)
    } catch {
      job.logger.notice(
        "A checkpoint was not kept",
        metadata: ["job_id": "\(claimed.job.id)", "file_id": "\(file.id)", "cause": "\(error)"])
      await remove([checkpoint.key])
    }
  }

  /// The file has its record.
  func removeCheckpoints(of file: UploadedFile) async {
    let earlier = claimed.checkpoints.filter { $0.fileID == file.id }.map(\.key)
    await remove(
      earlier + (0..<kept.count(of: file.id)).map { key(file, "slices-\($0)") })
  }

  /// What stays behind all the same goes with the upload.
  private func remove(_ keys: [String]) async {
    guard !keys.isEmpty else { return }
    do {
      try await uncancelled { [job] in try await job.blobs.delete(keys) }
    } catch {
      job.logger.notice("Checkpoints stay behind", metadata: ["cause": "\(error)"])
    }
  }
}

/// How many checkpoints of each file this attempt has made.
final class KeptCheckpoints: Sendable {
  private let counts = Mutex<[FileID: Int]>([:])

  func next(of file: FileID) -> Int {
    counts.withLock { counts in
      defer { counts[file, default: 0] += 1 }
      return counts[file] ?? 0
    }
  }

  func count(of file: FileID) -> Int { counts.withLock { $0[file] ?? 0 } }
}
