import Foundation
import Inference
import ObjectDetection

/// An image that the user asked for, and the name that its results get.
struct InputImage: Sendable {
  var path: String
  /// The path below the folder that was named, or the file's name.
  var name: String
  /// Why there is nothing to read; nil for a file.
  var problem: DetectionError?
}

/// The images behind the arguments: files as they are, folders searched for image files, in name order.
func inputImages(_ arguments: [String]) -> [InputImage] {
  arguments.flatMap { argument -> [InputImage] in
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder)
    guard exists, isFolder.boolValue else {
      return [InputImage(path: argument, name: (argument as NSString).lastPathComponent)]
    }
    let found = imageFiles(in: argument)
    guard found.isEmpty else { return found }
    let endings = ImageFormat.fileExtensions.sorted().joined(separator: ", ")
    return [
      InputImage(
        path: argument, name: argument,
        problem: DetectionError(
          .fileNotFound, "\(argument): no image files (\(endings)) in this folder"))
    ]
  }
}

private func imageFiles(in folder: String) -> [InputImage] {
  // The enumerator does not follow a link, not even the one that it is given.
  let root = URL(fileURLWithPath: folder).resolvingSymlinksInPath()
  let files = FileManager.default.enumerator(
    at: root, includingPropertiesForKeys: nil, options: [.skipsHiddenFiles])
  return (files?.compactMap { $0 as? URL } ?? [])
    .filter { ImageFormat.fileExtensions.contains($0.pathExtension.lowercased()) }
    .map(\.standardizedFileURL.path).filter(isFile).sorted()
    .map { path in
      InputImage(path: path, name: String(path.dropFirst(root.path.count + 1)))
    }
}

private func isFile(_ path: String) -> Bool {
  var isFolder: ObjCBool = false
  // A link to nothing stays in, so that its picture is named as missing.
  return !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    || !isFolder.boolValue
}

/// Where each image's files go in the output folder: its name without ending, or with it where two images
/// would share one.
func outputStems(_ images: [InputImage]) -> [String] {
  let stems = images.map { ($0.name as NSString).deletingPathExtension }
  let counts = Dictionary(grouping: stems, by: \.self).mapValues(\.count)
  var used: Set<String> = []
  return zip(images, stems).map { image, stem in
    let candidate = counts[stem, default: 0] > 1 ? image.name : stem
    var name = candidate
    var repetition = 1
    while !used.insert(name).inserted {
      repetition += 1
      name = "\(candidate)-\(repetition)"
    }
    return name
  }
}
