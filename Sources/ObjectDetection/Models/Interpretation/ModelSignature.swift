/// What a model file declares; the layout is decided from it.
public struct ModelSignature: Sendable, Equatable {
  /// A dimension of a tensor; nil where the file leaves it open.
  public typealias Shape = [Int?]

  public var inputs: [Shape]
  /// In the file's order, which `OutputTensors` keep.
  public var outputs: [Shape]
  /// Of the inputs, in their order; empty where nothing is known of them.
  public var inputNames: [String]
  /// Of the outputs, in their order; empty where nothing is known of them.
  public var outputNames: [String]
  /// How many operators of each kind the graph has; empty where only the tensors are known.
  public var operators: [String: Int]
  /// The kind of the operator that makes each output, in their order; empty where only the tensors are known.
  public var outputOperators: [String]

  public init(
    inputs: [Shape], outputs: [Shape], inputNames: [String] = [], outputNames: [String] = [],
    operators: [String: Int] = [:], outputOperators: [String] = []
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.inputNames = inputNames
    self.outputNames = outputNames
    self.operators = operators
    self.outputOperators = outputOperators
  }

  /// Whether a second input asks for the picture's width and height, `[1, 2]`: so RT-DETR's authors export it.
  public var hasSizeInput: Bool {
    inputs.count == 2 && inputNames.last == "orig_target_sizes" && inputs[1].last == 2
  }

  /// nil where no output has that name.
  func output(named name: String) -> Shape? {
    outputNames.firstIndex(of: name).flatMap { outputs.indices.contains($0) ? outputs[$0] : nil }
  }

  /// Whether the file itself says how many channels its outputs have; the number of boxes may be open.
  public var isClosed: Bool {
    outputs.allSatisfy { $0.isEmpty || $0.dropFirst().contains { $0 != nil } }
  }
}
