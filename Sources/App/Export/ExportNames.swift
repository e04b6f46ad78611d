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
    stem = storableName(stem)
    var unique = stem
    var number = 2
    while !used.insert(unique.precomposedStringWithCanonicalMapping.lowercased()).inserted {
      unique = "\(stem)-\(number)"
      number += 1
    }
    return "\(unique).\(ending)"
  }
}

/// The name as every file system can store it: Windows has no such signs, no end of dots and blanks, and takes some names
/// for devices, whatever their ending (Microsoft, "Naming Files, Paths, and Namespaces").
func storableName(_ stem: String) -> String {
  var scalars = String.UnicodeScalarView(
    stem.unicodeScalars.map {
      "<>:\"|?*\\/".unicodeScalars.contains($0) || $0.value < 0x20 ? "_" : $0
    })
  while let last = scalars.last, last == "." || last == " " { scalars.removeLast() }
  let name = String(scalars)
  let device = name.prefix { $0 != "." }.uppercased().trimmingCharacters(in: .whitespaces)
  let isNumbered =
    device.count == 4 && (device.hasPrefix("COM") || device.hasPrefix("LPT"))
    && "0123456789¹²³".contains(device.last ?? " ")
  let isDevice = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(device) || isNumbered
  return name.isEmpty || isDevice ? "_" + name : name
}
