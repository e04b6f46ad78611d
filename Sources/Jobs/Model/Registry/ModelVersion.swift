public import Foundation

/// `mdl_`
public enum ModelFilesKind: IdentifierKind { public static let prefix = "mdl" }
/// Where the files of one version are in the blob store: they are kept before the version has its number.
public typealias ModelFilesID = Identifier<ModelFilesKind>

/// What a model's files are.
public enum ModelFormat: String, Sendable, CaseIterable {
  /// One file.
  case onnx
  /// OpenVINO IR: XML, and its weights.
  case openVINO = "openvino"

  /// Names of the files, in the order in which they are hashed. All have one stem, as engines expect it.
  public var fileNames: [String] {
    switch self {
    case .onnx: ["model.onnx"]
    case .openVINO: ["model.xml", "model.bin"]
    }
  }

  /// Of the document beside them.
  public static let documentName = "model.json"
}

/// A model's files and what was found out about them.
public struct ModelContent: Sendable, Equatable {
  public var filesID: ModelFilesID
  public var format: ModelFormat
  /// Of all files.
  public var sizeBytes: Int
  /// Of the ONNX file, or of the XML followed by the weights; lower-case hexadecimal.
  public var sha256: String
  /// `NAME.json` as it was given, a JSON text; nil for none.
  public var document: String?
  /// `detect`, `obb` ...
  public var task: String
  /// How the numbers of its output are arranged.
  public var layout: String
  /// By class id.
  public var classNames: [String]
  /// Pixels.
  public var inputWidth: Int
  public var inputHeight: Int

  public init(
    filesID: ModelFilesID, format: ModelFormat, sizeBytes: Int, sha256: String, document: String?,
    task: String, layout: String, classNames: [String], inputWidth: Int, inputHeight: Int
  ) {
    self.filesID = filesID
    self.format = format
    self.sizeBytes = sizeBytes
    self.sha256 = sha256
    self.document = document
    self.task = task
    self.layout = layout
    self.classNames = classNames
    self.inputWidth = inputWidth
    self.inputHeight = inputHeight
  }

  /// Keys of the files in the blob store, in the order in which they are hashed.
  public var blobKeys: [String] { format.fileNames.map { "\(BlobKey.prefix(of: filesID))/\($0)" } }

  /// Whether another one is the same model: registered twice, it is one version.
  public func isSame(as other: ModelContent) -> Bool {
    format == other.format && sha256 == other.sha256 && document == other.document
  }
}

/// A registered version. Nothing of it ever changes.
public struct ModelVersion: Sendable, Equatable {
  public var id: ModelVersionID
  public var content: ModelContent
  public var createdAt: Date
  /// Who registered it; nil where nobody had to say who they are.
  public var createdBy: String?

  public init(id: ModelVersionID, content: ModelContent, createdAt: Date, createdBy: String?) {
    self.id = id
    self.content = content
    self.createdAt = createdAt
    self.createdBy = createdBy
  }

  public var pin: ModelPin { ModelPin(id: id, sha256: content.sha256) }
}

/// A model with at least one version.
public struct RegisteredModel: Sendable, Equatable {
  public var name: String
  /// Ascending.
  public var numbers: [Int]
  /// Versions by alias.
  public var aliases: [String: Int]

  public init(name: String, numbers: [Int], aliases: [String: Int]) {
    self.name = name
    self.numbers = numbers
    self.aliases = aliases
  }

  /// The version that a reference names; nil when there is none.
  public func number(_ selector: ModelReference.Selector) -> Int? {
    switch selector {
    case .standard: aliases[ModelAlias.production] ?? numbers.last
    case .number(let number): numbers.contains(number) ? number : nil
    case .alias(let alias): aliases[alias]
    }
  }
}

/// What is registered, all together.
public struct ModelCounts: Sendable, Equatable {
  public var models: Int
  public var versions: Int
  /// Of the versions' files.
  public var bytes: Int

  public init(models: Int, versions: Int, bytes: Int) {
    self.models = models
    self.versions = versions
    self.bytes = bytes
  }
}
