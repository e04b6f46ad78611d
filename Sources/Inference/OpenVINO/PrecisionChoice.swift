import ObjectDetection

extension InferencePrecision {
  /// The word in OpenVINO's OPTIMIZATION_CAPABILITIES.
  var capability: String {
    switch self {
    case .f32: "FP32"
    case .bf16: "BF16"
    case .int8: "INT8"
    }
  }

  /// OpenVINO's INFERENCE_PRECISION_HINT: quantized layers are in the model, the others stay in 32 bits.
  var hint: String { self == .bf16 ? "bf16" : "f32" }
}

/// In which precision a model is run: the caller's, else its document's, else f32.
struct PrecisionChoice: Equatable {
  let precision: InferencePrecision
  /// For the operator, where the document's precision is not to be had.
  var warning: String?

  /// - Parameters:
  ///   - asked: nil where the caller leaves it to the model.
  ///   - isSupported: by the device; nil where it cannot be known before the model is compiled.
  /// - Throws: `DetectionError(.invalidConfig)` for one that was asked for and that device or model do not have;
  ///   `.modelLoadError` for a document that calls a model quantized which is not.
  init(
    asked: InferencePrecision?, of file: ModelFile, device: String,
    isSupported: (InferencePrecision) throws -> Bool?
  ) throws {
    let precision = asked ?? file.document.precision ?? .f32
    if precision == .int8, !file.isQuantized {
      guard asked == nil else {
        throw DetectionError(
          .invalidConfig,
          "the model \(file.name) is not quantized, so the precision int8 would change nothing; "
            + "export it with int8=True")
      }
      throw DetectionError(
        .modelLoadError,
        "\(file.documentPath): precision is int8, and the model \(file.name) is not quantized")
    }
    guard try isSupported(precision) == false else {
      self.precision = precision
      return
    }
    guard asked == nil else {
      throw DetectionError(
        .invalidConfig, "this \(device) cannot run the precision \(precision.rawValue)")
    }
    // Nobody here has asked for it, and the same models are for machines of all kinds.
    self.precision = .f32
    warning =
      "the model \(file.name) is run in f32: this \(device) cannot run its precision \(precision.rawValue)"
  }
}
