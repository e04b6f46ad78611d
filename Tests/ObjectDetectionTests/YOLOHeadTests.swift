import Testing

@testable import ObjectDetection

@Suite("YOLOHead")
struct YOLOHeadTests {
  private func decode(
    _ layout: OutputLayout, classCount: Int, _ values: [Float], shape: [Int],
    threshold: Float = 0.25, classes: Set<Int>? = nil
  ) throws -> [Detection] {
    try values.withUnsafeBufferPointer {
      try YOLOHead(layout: layout, classCount: classCount).decode(
        $0, shape: shape, threshold: threshold, classes: classes)
    }
  }

  /// Channels of four anchors: the second's best class is 1, the third is at the threshold, the fourth
  /// below.
  private let channelsFirst: [[Float]] = [
    [10, 20, 30, 40],  // cx
    [11, 21, 31, 41],  // cy
    [4, 6, 4, 4],  // w
    [2, 8, 4, 4],  // h
    [0.5, 0.25, 0.25, 0.125],
    [0.375, 0.75, 0, 0.0625],
  ]

  @Test("yolov8: the best class of each anchor, strictly above the threshold")
  func yolov8() throws {
    let found = try decode(
      .yolov8, classCount: 2, channelsFirst.flatMap(\.self), shape: [1, 6, 4])
    #expect(found.map(\.row) == [[8, 10, 12, 12, 0.5, 0], [17, 17, 23, 25, 0.75, 1]])
    #expect(found.allSatisfy { $0.orientedBox == nil })
  }

  @Test("oriented: a last channel of angles, the plain box goes around")
  func oriented() throws {
    let angles: [Float] = [.pi / 2, 0, 0, 0]
    let found = try decode(
      .oriented, classCount: 2, (channelsFirst + [angles]).flatMap(\.self), shape: [1, 7, 4])
    #expect(found.map(\.classID) == [0, 1])
    #expect(
      found.map(\.orientedBox) == [
        OrientedBox(centerX: 10, centerY: 11, width: 4, height: 2, angle: .pi / 2),
        OrientedBox(centerX: 20, centerY: 21, width: 6, height: 8, angle: 0),
      ])
    // Turned by a quarter, 4 x 2 stands 2 wide and 4 high.
    let rows = found.map(\.row)
    #expect(agree(rows, [[9, 9, 11, 13, 0.5, 0], [17, 17, 23, 25, 0.75, 1]], within: 1e-5))
  }

  @Test("yolov5: objectness times the best class score, strictly above the threshold")
  func yolov5() throws {
    let rows: [[Float]] = [
      [10, 11, 4, 2, 0.5, 0.75, 0.25],  // 0.375
      [20, 21, 6, 8, 1, 0.25, 0.5],  // 0.5, class 1
      [30, 31, 4, 4, 0.5, 0.5, 0.25],  // 0.25, not above
      [40, 41, 4, 4, 0.125, 1, 1],  // objectness too low
    ]
    let found = try decode(.yolov5, classCount: 2, rows.flatMap(\.self), shape: [1, 4, 7])
    #expect(found.map(\.row) == [[8, 10, 12, 12, 0.375, 0], [17, 17, 23, 25, 0.5, 1]])
  }

  @Test("end-to-end: corners, confidence, class; unused rows are skipped")
  func endToEnd() throws {
    let rows: [[Float]] = [
      [8, 10, 12, 12, 0.5, 3], [17, 17, 23, 25, 0.25, 1], [0, 0, 0, 0, 0, 0],
    ]
    let found = try decode(.endToEnd, classCount: 4, rows.flatMap(\.self), shape: [1, 3, 6])
    #expect(found.map(\.row) == [rows[0]])
  }

  @Test("oriented end-to-end: centre, size, confidence, class, angle")
  func orientedEndToEnd() throws {
    let rows: [[Float]] = [[10, 11, 4, 2, 0.5, 3, 0], [0, 0, 0, 0, 0, 0, 0]]
    let found = try decode(
      .orientedEndToEnd, classCount: 4, rows.flatMap(\.self), shape: [1, 2, 7])
    #expect(found.map(\.row) == [[8, 10, 12, 12, 0.5, 3]])
    #expect(
      found.first?.orientedBox
        == OrientedBox(centerX: 10, centerY: 11, width: 4, height: 2, angle: 0))
  }

  @Test("a class filter keeps anchors whose best class is wanted")
  func classFilter() throws {
    func found(_ classes: Set<Int>?) throws -> [Int] {
      try decode(
        .yolov8, classCount: 2, channelsFirst.flatMap(\.self), shape: [1, 6, 4], classes: classes
      ).map(\.classID)
    }
    #expect(try found(nil) == [0, 1])
    // The first anchor's second class has 0.375, but its best class counts.
    #expect(try found([1]) == [1])
    #expect(try found([]) == [])
    #expect(try found([7]) == [])
  }

  @Test(
    "boxes without area or with a number that is none are dropped",
    arguments: [
      [.nan, 11, 4, 2], [10, .nan, 4, 2], [10, 11, .nan, 2], [10, 11, 4, .nan], [10, 11, 0, 2],
      [10, 11, 4, 0], [10, 11, -4, 2], [10, 11, 4, -2], [.infinity, 11, 4, 2],
      [10, -.infinity, 4, 2], [10, 11, .infinity, 2], [10, 11, 4, .infinity],
    ] as [[Float]])
  func degenerate(box: [Float]) throws {
    #expect(try decode(.yolov8, classCount: 1, box + [0.5], shape: [1, 5, 1]) == [])
    #expect(try decode(.yolov5, classCount: 1, box + [1, 0.5], shape: [1, 1, 6]) == [])
    #expect(try decode(.oriented, classCount: 1, box + [0.5, 0.1], shape: [1, 6, 1]) == [])
    #expect(
      try decode(.orientedEndToEnd, classCount: 1, box + [0.5, 0, 0.1], shape: [1, 1, 7]) == [])
    let corners = [box[0], box[1], box[0] + box[2], box[1] + box[3]]
    #expect(try decode(.endToEnd, classCount: 1, corners + [0.5, 0], shape: [1, 1, 6]) == [])
  }

  @Test("an angle, score or class that is not a number is dropped")
  func notANumber() throws {
    let box: [Float] = [10, 11, 4, 2]
    #expect(try decode(.oriented, classCount: 1, box + [0.5, .nan], shape: [1, 6, 1]) == [])
    #expect(try decode(.yolov8, classCount: 1, box + [.nan], shape: [1, 5, 1]) == [])
    #expect(try decode(.yolov5, classCount: 1, box + [.nan, 1], shape: [1, 1, 6]) == [])
    #expect(try decode(.yolov5, classCount: 1, box + [1, .nan], shape: [1, 1, 6]) == [])
    let corners: [Float] = [1, 1, 9, 9]
    for classID: Float in [.nan, .infinity, -1, 1e9] {
      let row = corners + [0.5, classID]
      #expect(try decode(.endToEnd, classCount: 1, row, shape: [1, 1, 6]) == [])
    }
    #expect(try decode(.endToEnd, classCount: 1, corners + [.nan, 0], shape: [1, 1, 6]) == [])
  }

  @Test(
    "an output of another shape is an inference error that names it",
    arguments: [
      (OutputLayout.yolov8, [1, 7, 2]), (.yolov8, [2, 6, 1]), (.yolov8, [1, 12]),
      (.yolov8, [1, 6, 3]), (.yolov5, [1, 2, 6]), (.oriented, [1, 6, 2]), (.endToEnd, [1, 2, 7]),
      (.orientedEndToEnd, [1, 2, 6]),
    ])
  func wrongShape(layout: OutputLayout, shape: [Int]) {
    // [1, 6, 3] is right for two classes, but the tensor holds less.
    let count = shape == [1, 6, 3] ? 12 : shape.reduce(1, *)
    let error = #expect(throws: DetectionError.self) {
      try decode(layout, classCount: 2, [Float](repeating: 1, count: count), shape: shape)
    }
    #expect(error?.code == .inferenceError)
    #expect(error?.message.contains("\(shape)") == true)
    #expect(error?.message.contains(layout.rawValue) == true)
  }

  @Test("a model without classes finds nothing and reads nothing it must not")
  func noClasses() {
    let found = try? decode(.yolov5, classCount: 0, [10, 11, 4, 2, 1], shape: [1, 1, 5])
    #expect(found?.isEmpty != false)
  }

  @Test("an output without rows has no detections")
  func noRows() throws {
    #expect(try decode(.endToEnd, classCount: 2, [], shape: [1, 0, 6]) == [])
    #expect(try decode(.yolov8, classCount: 2, [], shape: [1, 6, 0]) == [])
  }
}
