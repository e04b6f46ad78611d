// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built with the same strict settings; a warning stops the build.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "harrier",
  products: [
    .executable(name: "harrier", targets: ["CLI"]),
    .executable(name: "engine-benchmark", targets: ["EngineBenchmark"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // What each target may import is held by Tests/TidyTests and explained in docs/architecture.md.
    .target(name: "ObjectDetection", swiftSettings: strict),
    .target(name: "Jobs", swiftSettings: strict),
    .target(
      name: "Inference",
      dependencies: ["ObjectDetection", "COpenVINO", "CVips", "CCairo", crypto, nioPosix, yams],
      swiftSettings: strict),
    .target(name: "Backends", dependencies: ["Jobs", grdb], swiftSettings: strict),
    .target(name: "App", dependencies: ["ObjectDetection", "Jobs"], swiftSettings: strict),
    .executableTarget(
      name: "CLI",
      dependencies: ["App", "Backends", "Inference", "ObjectDetection", argumentParser],
      swiftSettings: strict),

    .target(name: "COpenVINO", linkerSettings: [.linkedLibrary("dl")]),
    .systemLibrary(name: "CVips", pkgConfig: "vips", providers: [.apt(["libvips-dev"])]),
    .systemLibrary(name: "CCairo", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev"])]),

    .executableTarget(
      name: "EngineBenchmark",
      dependencies: ["Inference", "ObjectDetection", argumentParser, nioPosix],
      path: "Benchmarks/engine",
      swiftSettings: strict),

    .target(
      name: "TestSupport",
      dependencies: ["ObjectDetection", "Jobs"],
      path: "Tests/TestSupport",
      swiftSettings: strict),
    .testTarget(
      name: "ObjectDetectionTests",
      dependencies: ["ObjectDetection", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "InferenceTests",
      dependencies: ["Inference", "ObjectDetection", "TestSupport", nioPosix],
      swiftSettings: strict),
    .testTarget(name: "AppTests", dependencies: ["App", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "JobsTests", dependencies: ["Jobs", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "BackendsTests", dependencies: ["Backends", "Jobs", "TestSupport", grdb],
      swiftSettings: strict),
    .testTarget(name: "SystemTests", dependencies: ["TestSupport"], swiftSettings: strict),
    .testTarget(name: "TidyTests", dependencies: ["TestSupport"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
