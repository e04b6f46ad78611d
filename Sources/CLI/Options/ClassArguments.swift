import ArgumentParser
import ObjectDetection

/// `plane=0.4`: from which confidence on a class is kept.
struct ClassThresholdArgument: ExpressibleByArgument {
  let name: String
  let value: Double

  init?(argument: String) {
    // A name may hold the sign, a number does not.
    guard let sign = argument.lastIndex(of: "="), sign > argument.startIndex,
      let value = Double(argument[argument.index(after: sign)...])
    else { return nil }
    name = String(argument[..<sign])
    self.value = value
  }
}

/// `small_vehicle=vehicle`: what a class of the model is called in results.
struct ClassMapArgument: ExpressibleByArgument {
  let name: String
  let label: String

  init?(argument: String) {
    guard let sign = argument.firstIndex(of: "="), sign > argument.startIndex else { return nil }
    name = String(argument[..<sign])
    label = String(argument[argument.index(after: sign)...])
    guard ClassSettings.isLabel(label) else { return nil }
  }
}
