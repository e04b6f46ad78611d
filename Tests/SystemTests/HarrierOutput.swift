import Foundation
import TestSupport
import Testing

/// The documents that `harrier detect` writes, as far as these tests look at them.
struct DetectionsDocument: Decodable {
  struct Model: Decodable { var name: String }
  struct Detection: Decodable { var class_name: String, confidence: Double }
  struct Failure: Decodable { var code: String, message: String }

  struct Image: Decodable {
    var filename: String
    var width: Int?
    var detection_count: Int?
    var detections: [Detection]?
    var error: Failure?
  }

  var model: Model
  var total_images: Int
  var total_detections: Int
  var results: [Image]

  init(_ data: Data) throws { self = try JSONDecoder().decode(Self.self, from: data) }
}

extension HarrierProcess.Output {
  /// The results of a run that printed one JSON document.
  func document() throws -> DetectionsDocument { try DetectionsDocument(standardOutput) }

  /// One entry a line.
  func lines() throws -> [DetectionsDocument.Image] {
    try text.split(separator: "\n").map {
      try JSONDecoder().decode(DetectionsDocument.Image.self, from: Data($0.utf8))
    }
  }
}

/// Runs `harrier top` again when a service on a busy machine did not answer in the five seconds that it has.
func whenAnswered(
  _ top: () async throws -> HarrierProcess.Output
) async throws -> HarrierProcess.Output {
  for _ in 0..<20 {
    let output = try await top()
    guard (output.text + output.standardError).contains("did not answer in time") else {
      return output
    }
  }
  return try await top()
}

/// Runs `harrier` with these arguments.
func harrier(
  _ arguments: String..., environment: [String: String] = [:], in directory: String = Checkout.root
) async throws -> HarrierProcess.Output {
  try await HarrierProcess(arguments, environment: environment, in: directory).run()
}

func harrier(
  arguments: [String], environment: [String: String] = [:], in directory: String = Checkout.root
) async throws -> HarrierProcess.Output {
  try await HarrierProcess(arguments, environment: environment, in: directory).run()
}
