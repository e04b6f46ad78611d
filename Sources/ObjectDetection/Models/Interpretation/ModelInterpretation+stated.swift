extension ModelInterpretation {
  /// The metadata's key for what a model's document calls `head`. Ultralytics' own metadata have a `head` too.
  public static let headKey = "harrier_head"

  /// The layout that the model's document names; nil where it names none.
  static func statedLayout(_ evidence: Evidence) throws -> OutputLayout? {
    guard let head = evidence.metadata.values[headKey] else { return nil }
    guard let layout = OutputLayout(rawValue: head) else {
      let known = OutputLayout.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw unsupported("\"head\" is \"\(head)\"; it may be \(known)")
    }
    let (signature, classCount) = (evidence.signature, evidence.classCount)
    let found = layout.classCount(of: signature)
    guard layout.fits(signature, evidence.inputSize),
      found == 0 || classCount == nil || found == classCount
        || layout == .rfdetr && found - 1 == classCount
    else {
      let shapes = zip(signature.outputNames + signature.outputs.map { _ in "" }, signature.outputs)
        .map { $0 + ($0.isEmpty ? "" : " ") + describe($1) }.joined(separator: ", ")
      let named = classCount.map { " for \($0) class names" } ?? ""
      throw unsupported("\"head\" is \"\(head)\", which its output \(shapes) is not\(named)")
    }
    return layout
  }
}

extension OutputLayout {
  /// Whether a model with these outputs can have this layout.
  fileprivate func fits(_ signature: ModelSignature, _ inputSize: PixelSize) -> Bool {
    let outputs = signature.outputs
    guard outputs.count == outputCount,
      outputs.allSatisfy({ ($0.first ?? nil ?? 1) == 1 })
    else { return false }
    func ends(_ name: String, _ width: Int?) -> Bool {
      guard let shape = signature.output(named: name), shape.count == 3 else { return false }
      return width.map { shape[2] == nil || shape[2] == $0 } ?? true
    }
    switch self {
    case .rtdetrLogits: return ends("logits", nil) && ends("pred_boxes", 4)
    case .rfdetr: return ends("dets", 4) && ends("labels", nil)
    case .rtdetrPostprocessed: return signature.hasSizeInput && ends("boxes", 4)
    default: break
    }
    guard let output = outputs.first, output.count == 3 else { return false }
    let (rows, columns) = (output[1], output[2])
    switch self {
    case .endToEnd, .rtdetr: return columns ?? 6 == 6
    case .orientedEndToEnd: return columns ?? 7 == 7
    case .yolox, .yoloxDecoded:
      return columns ?? 6 > 5
        && rows ?? YOLOXHead.rowCount(inputSize) == YOLOXHead.rowCount(inputSize)
    case .yolov5: return columns ?? 6 > 5
    case .rtdetrScores: return columns ?? 5 > 4
    case .oriented: return rows ?? 6 > 5
    default: return rows ?? 5 > 4
    }
  }
}
