import ArgumentParser
import Foundation
import ObjectDetection

/// Merging of boxes `[x1, y1, x2, y2, score, class]` from a JSON file, by every method.
struct Merge: AsyncParsableCommand {
  @Argument var boxes: String
  @Option var threshold = 0.5
  @Option var rounds = 3

  func run() async throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: boxes))
    let rows = try JSONDecoder().decode([[Float]].self, from: data)
    let detections = rows.enumerated().map { index, row in
      SliceDetection(
        slice: index,
        detection: Detection(
          classID: Int(row[5]), confidence: row[4],
          box: BoundingBox(xMin: row[0], yMin: row[1], xMax: row[2], yMax: row[3])))
    }
    for method in [MergeMethod.nms, .greedyNMM, .nmm] {
      let merging = Merging(method: method, threshold: threshold)
      var kept = 0
      var times: [Double] = []
      for _ in 0..<rounds {
        times.append(await seconds { kept = merging.merge(detections).count })
      }
      let best = times.min() ?? 0
      print(
        "{\"method\":\"\(method.rawValue)\",\"boxes\":\(rows.count),\"kept\":\(kept),"
          + "\"best_seconds\":\(best)}")
    }
  }
}
