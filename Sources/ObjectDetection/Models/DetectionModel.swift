/// What a model is for.
public enum ModelTask: String, Sendable, Codable {
  /// Axis-aligned boxes.
  case detect
  /// Oriented boxes.
  case obb
  /// Axis-aligned boxes and the pixels of each object.
  case segment
}

/// Width and height in pixels.
public struct PixelSize: Sendable, Hashable {
  public var width: Int
  public var height: Int

  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }
}

/// What the service knows about a model before and after it is loaded.
public struct DetectionModel: Sendable, Equatable {
  /// The file's name without folder and extension.
  public var name: String
  public var task: ModelTask
  /// Names by class id; the count is the model's number of classes.
  public var classNames: [String]
  public var inputSize: PixelSize
  public var layout: OutputLayout
  /// Of the model's file (of the weights for OpenVINO IR), lower-case hexadecimal.
  public var sha256: String
  /// What its document says about classes and confidences, for those who say nothing.
  public var defaults: ClassSettings

  public init(
    name: String, task: ModelTask, classNames: [String], inputSize: PixelSize,
    layout: OutputLayout, sha256: String, defaults: ClassSettings = ClassSettings()
  ) {
    self.name = name
    self.task = task
    self.classNames = classNames
    self.inputSize = inputSize
    self.layout = layout
    self.sha256 = sha256
    self.defaults = defaults
  }
}
