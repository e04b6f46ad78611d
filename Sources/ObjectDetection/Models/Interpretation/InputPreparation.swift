/// How pictures become a model's input: what the Python code that trained it does before the first layer.
public struct InputPreparation: Sendable, Hashable {
  /// In which order a pixel's three numbers come.
  public enum ChannelOrder: Sendable, Hashable { case rgb, bgr }

  /// How a region is brought to the input's size.
  public enum Fit: Sendable, Hashable {
    /// To fit, in the middle, the rest grey.
    case centred
    /// To fit, in the top left corner, the rest grey.
    case topLeft
    /// Both sides for themselves; nothing is left over.
    case stretched
  }

  /// Which pixels make one of another size. Where the sizes are the same, none does anything.
  public enum Interpolation: Sendable, Hashable {
    /// OpenCV's `INTER_LINEAR`: the nearest four, also when it shrinks.
    case bilinear
    /// Pillow's `BILINEAR`: all that a smaller pixel covers.
    case pillow
    /// The same with weights of fewer bits, which changes one pixel in a thousand by one: torchvision's `resize` of bytes.
    case torchvision
    /// The nearest four, as floats that nothing rounds: torchvision's `resize` of floats without antialiasing. Such a
    /// model's input tensor holds floats.
    case unrounded
  }

  public var channelOrder: ChannelOrder
  /// What 8-bit values are divided by.
  public var divisor: Float
  /// Subtracted after the division; red, green, blue.
  public var mean: [Float]
  /// What is left is divided by it; red, green, blue.
  public var standardDeviation: [Float]
  public var fit: Fit
  public var interpolation: Interpolation

  /// Whether the input tensor holds 32-bit floats, 0 to 255, instead of bytes.
  public var takesFloats: Bool { interpolation == .unrounded }

  public init(
    channelOrder: ChannelOrder = .rgb, divisor: Float = 255, mean: [Float] = [0, 0, 0],
    standardDeviation: [Float] = [1, 1, 1], fit: Fit = .centred,
    interpolation: Interpolation = .bilinear
  ) {
    precondition(
      divisor > 0 && mean.count == 3 && standardDeviation.count == 3
        && standardDeviation.allSatisfy { $0 > 0 },
      "a pixel has three channels, and none is divided by nothing")
    self.channelOrder = channelOrder
    self.divisor = divisor
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.fit = fit
    self.interpolation = interpolation
  }
}

extension OutputLayout {
  /// What the code that exports this layout does with pictures.
  public var preparation: InputPreparation {
    switch self {
    case .yolox, .yoloxDecoded:
      // yolox/data/data_augment.py, preproc: BGR as OpenCV reads it, 0 to 255. So since version 0.1.1.
      InputPreparation(channelOrder: .bgr, divisor: 1, fit: .topLeft)
    case .rtdetr, .rtdetrScores:
      // ultralytics/models/rtdetr/predict.py: LetterBox with scale_fill.
      InputPreparation(fit: .stretched)
    case .rtdetrLogits:
      // transformers, RTDetrImageProcessor: it only divides by 255.
      InputPreparation(fit: .stretched, interpolation: .torchvision)
    case .rtdetrPostprocessed:
      // rtdetrv2_onnxruntime.py: torchvision's Resize of a Pillow picture, and ToTensor.
      InputPreparation(fit: .stretched, interpolation: .pillow)
    case .rfdetr:
      // rfdetr/detr.py, predict: resize without antialiasing, the mean and deviation of ImageNet.
      InputPreparation(
        mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225], fit: .stretched,
        interpolation: .unrounded)
    default:
      InputPreparation()
    }
  }
}

extension DetectionModel {
  /// How pictures become its input.
  public var preparation: InputPreparation { layout.preparation }
}
