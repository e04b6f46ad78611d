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
let asyncHTTPClient = Target.Dependency.product(
  name: "AsyncHTTPClient", package: "async-http-client")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP2 = Target.Dependency.product(
  name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let unixSignals = Target.Dependency.product(
  name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "harrier",
  products: [
    .executable(name: "harrier", targets: ["CLI"]),
    .executable(name: "engine-benchmark", targets: ["EngineBenchmark"]),
    .executable(name: "store-benchmark", targets: ["StoreBenchmark"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(
      url: "https://github.com/apple/swift-configuration", from: "1.4.0",
      traits: [.defaults, "YAML"]),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
  ],
  targets: [
    // What each target may import is held by Tests/TidyTests and explained in docs/architecture.md.
    .target(name: "ObjectDetection", swiftSettings: strict),
    .target(name: "Jobs", swiftSettings: strict),
    .target(
      name: "Inference",
      dependencies: [
        "ObjectDetection", "CConversion", "COpenVINO", "CVips", "CCairo", crypto, nioPosix,
        subprocess, yams,
      ],
      swiftSettings: strict),
    .target(
      name: "Backends",
      dependencies: [
        "Jobs", "CArchive", "CPQ", "CSandbox", asyncHTTPClient, crypto, grdb, logging, nioCore,
        nioHTTP1, nioPosix, nioSSL,
      ],
      swiftSettings: strict),
    .target(
      name: "App",
      dependencies: [
        "ObjectDetection", "Jobs", "CConsole", "CZlib", configuration, crypto, httpTypes,
        hummingbird,
        hummingbirdCore, jwtKit, logging, metrics, nioCore, nioHTTP1, nioHTTP2, nioHTTPTypes,
        nioHTTPTypesHTTP2,
        nioPosix, nioSSL, serviceLifecycle, subprocess, tracing, unixSignals,
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "CLI",
      dependencies: [
        "App", "Backends", "Inference", "Jobs", "ObjectDetection", argumentParser, configuration,
        logging, metrics, nioCore, nioPosix, serviceLifecycle,
      ],
      swiftSettings: strict),

    // Embeds the files of the folder Console.
    .target(name: "CConsole"),
    // Embeds those of the folder Conversion.
    .target(name: "CConversion"),
    .target(name: "COpenVINO", linkerSettings: [.linkedLibrary("dl")]),
    .systemLibrary(name: "CVips", pkgConfig: "vips", providers: [.apt(["libvips-dev"])]),
    .systemLibrary(
      name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CSandbox"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CCairo", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev"])]),

    .executableTarget(
      name: "EngineBenchmark",
      dependencies: ["Inference", "ObjectDetection", argumentParser, nioPosix],
      path: "Benchmarks/engine",
      swiftSettings: strict),

    .executableTarget(
      name: "StoreBenchmark",
      dependencies: ["Backends", "Jobs", argumentParser, logging],
      path: "Benchmarks/stores",
      exclude: ["run", "celery_peer.py", "requirements.txt"],
      swiftSettings: strict),

    .target(
      name: "TestSupport",
      dependencies: ["ObjectDetection", "Jobs", asyncHTTPClient, nioCore, nioHTTP1, nioPosix],
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
    .testTarget(
      name: "AppTests",
      dependencies: [
        "App", "Backends", "Jobs", "ObjectDetection", "TestSupport", configuration, crypto,
        cryptoExtras, httpTypes, hummingbird, logging, metrics, nioCore, nioEmbedded, nioHTTPTypes,
        nioPosix,
        serviceLifecycle, tracing,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "JobsTests", dependencies: ["Jobs", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "BackendsTests",
      dependencies: [
        "Backends", "CSandbox", "Jobs", "TestSupport", grdb, logging, nioCore, nioHTTP1, nioPosix,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SystemTests", dependencies: ["TestSupport", asyncHTTPClient, nioCore],
      swiftSettings: strict),
    .testTarget(name: "TidyTests", dependencies: ["TestSupport"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
