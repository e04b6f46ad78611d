import Foundation
import Jobs
import NIOPosix
import ObjectDetection

extension ModelRegistry {
  /// The same with pictures of this machine, which stay where they are.
  /// - Throws: `DetectionError` that begins with the path of a file that is no picture.
  func putGoldenSet(
    copying paths: [String], _ marked: COCOLabels, demand: GoldenDemand, of name: String,
    by creator: String?
  ) async throws -> GoldenSet {
    guard paths.count <= GoldenDraft.maxPictures else {
      throw DetectionError(
        .invalidFormat, "at most \(GoldenDraft.maxPictures) pictures, not \(paths.count)")
    }
    return try await withGoldenFiles(paths.count) { copies in
      let limits = ImageLimits(maxBytes: settings.maxFileBytes)
      let pictures = try await NIOThreadPool.singleton.runIfActive {
        try zip(paths, copies).map { path, copy in
          try GoldenDraft.Picture(copying: path, to: copy, limits: limits)
        }
      }
      return try await putGoldenSet(
        try GoldenDraft(
          pictures: pictures, marked: marked, demand: demand, maxBytes: settings.maxGoldenBytes),
        of: name, by: creator)
    }
  }

  /// Lends paths for new files on the blob store's disk; those that were not kept are removed.
  func withGoldenFiles<Result: Sendable>(
    _ count: Int, _ body: ([String]) async throws -> Result
  ) async throws -> Result {
    let stem = try await blobs.temporaryPath()
    let paths = (0..<count).map { "\(stem)-\($0)" }
    do {
      let result = try await body(paths)
      await Self.remove(paths)
      return result
    } catch {
      await Self.remove(paths)
      throw error
    }
  }

  private static func remove(_ paths: [String]) async {
    // What is left is swept.
    _ = try? await uncancelled {
      try await NIOThreadPool.singleton.runIfActive { for path in paths { unlink(path) } }
    }
  }
}

extension BlobStore {
  /// A file at `path` with a blob's bytes, that nobody changes: a link where the disk is the store's own.
  func copy(_ key: String, to path: String) async throws {
    try await withLocalFile(key) { local in
      try await NIOThreadPool.singleton.runIfActive {
        guard link(local, path) != 0 else { return }
        do {
          try FileManager.default.copyItem(atPath: local, toPath: path)
        } catch {
          throw JobsError(.storageError, "A picture cannot be copied", cause: "\(error)")
        }
      }
    }
  }
}

extension GoldenDraft.Picture {
  fileprivate init(copying path: String, to copy: String, limits: ImageLimits) throws {
    let filename = SanitizedFilename(path).value
    let header: ImageHeader
    do {
      let file = try FileBytes(path: path)
      header = try ImageHeader.read(from: file, limits: limits)
      guard header.hasSupportedSamples else {
        throw DetectionError(.invalidFormat, "samples are not 8 or 16 bit unsigned integers")
      }
      try ModelFileWriter.copy(file, to: copy)
    } catch let error as DetectionError {
      throw error.naming(path)
    } catch {
      throw JobsError(.storageError, "\(path) cannot be copied", cause: "\(error)")
    }
    let (sha256, size) = try ModelFileHash.sha256(of: [copy])
    self.init(
      filename: filename, path: copy, sizeBytes: size, sha256: sha256,
      size: PixelSize(width: header.width, height: header.height))
  }
}
