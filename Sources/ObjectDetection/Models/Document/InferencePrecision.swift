/// The arithmetic of the model's layers.
public enum InferencePrecision: String, Sendable, CaseIterable {
  /// 32-bit floats: equals the reference.
  case f32
  /// 16-bit brain floats where the processor has them: about 1.8 times faster, moves boxes by pixels.
  case bf16
  /// 8-bit integers, for models that were quantized.
  case int8
}
