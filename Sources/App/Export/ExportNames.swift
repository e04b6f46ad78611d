import Foundation
import Jobs
import ObjectDetection

/// Names for the files of a job, in their order, whose stems differ whatever the case of their letters: labels and
/// pictures are named after the stem, and archives are unpacked on file systems that ignore case.
func exportNames(_ files: [UploadedFile]) -> [String] {
  var used: Set<String> = []
  return files.map { file in
    var stem = (file.filename as NSString).deletingPathExtension
    var ending = (file.filename as NSString).pathExtension
    if !ImageFormat.fileExtensions.contains(ending.lowercased()) {
      // Programs go by the ending: one that is none belongs to the stem.
      stem = file.filename
      ending = ImageFormat(rawValue: file.format)?.fileExtension ?? "bin"
    }
    var unique = stem
    var number = 2
    while !used.insert(unique.precomposedStringWithCanonicalMapping.lowercased()).inserted {
      unique = "\(stem)-\(number)"
      number += 1
    }
    return "\(unique).\(ending)"
  }
}
