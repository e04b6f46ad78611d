import CConversion
import Crypto
import Foundation
import ObjectDetection

/// The Python programs that convert models, which are part of the binary.
enum ConversionScripts {
  /// As they lie in the project's folder `Conversion`.
  static let files: [(name: String, bytes: Data)] = (0..<harrier_conversion_file_count()).map {
    let file = harrier_conversion_file($0)
    return (String(cString: file.name), Data(bytes: file.bytes, count: file.count))
  }

  /// Changes when another environment is needed.
  static var requirementsHash: String {
    var hash = SHA256()
    for file in files where file.name.hasSuffix(".txt") { hash.update(data: file.bytes) }
    return String(hash.finalize().hexadecimal.prefix(12))
  }

  /// Writes those with that extension into a folder that is there.
  static func write(_ type: String, to folder: String) throws {
    for file in files where file.name.hasSuffix(".\(type)") {
      try file.bytes.write(to: URL(fileURLWithPath: "\(folder)/\(file.name)"))
    }
  }
}
