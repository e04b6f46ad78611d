/// The version of the product, as `harrier --version` says it.
public let harrierVersion = "0.1.0"
