import Foundation
import TestSupport
import Testing

/// One after the other: the parsers are light, but thirty at once would hold up tests that measure time.
@Suite("The files of deploy/", .serialized)
struct DeploymentTests {
  private static let python = Checkout.path(".deps/test-venv/bin/python")
  private static let hasParsers =
    FileManager.default.isExecutableFile(atPath: python) && Promtool.isInstalled

  /// `scripts/check-deploy` on the checkout, or on a copy of its files.
  private func check(_ part: String, in root: String = Checkout.root) async throws
    -> HarrierProcess.Output
  {
    try await HarrierProcess(
      program: Self.python,
      [
        Checkout.path("scripts/check-deploy"), part, "--root", root, "--binary",
        HarrierProcess.binary,
      ]
    ).run()
  }

  @Test(
    "are what those who read them take, and name only what Harrier has",
    .enabled(if: hasParsers, "scripts/setup --tests and scripts/test-tools install the parsers"),
    arguments: ["dockerfile", "compose", "kubernetes", "systemd", "monitoring", "settings"])
  func sound(_ part: String) async throws {
    let output = try await check(part)
    #expect(output.status == 0, "\(output.text)\(output.standardError)")
    #expect(output.text.isEmpty)
  }

  @Test(
    "are refused when something is wrong with them",
    .enabled(if: hasParsers, "scripts/setup --tests and scripts/test-tools install the parsers"),
    arguments: Mistake.all)
  func broken(_ mistake: Mistake) async throws {
    let folder = try TemporaryFolder()
    for name in ["deploy", "docs", ".dockerignore"] {
      try FileManager.default.copyItem(atPath: Checkout.path(name), toPath: folder.path(name))
    }
    let text = String(decoding: try Checkout.data(folder.path(mistake.file)), as: UTF8.self)
    try #require(text.contains(mistake.right), "\(mistake.file) has no \(mistake.right)")
    try folder.write(text.replacing(mistake.right, with: mistake.wrong), to: mistake.file)
    let output = try await check(mistake.part, in: folder.path)
    #expect(output.status == 1, "\(output.standardError)")
    #expect(output.text.contains(mistake.complaint), "\(output.text)")
  }

  @Test("ask for paths that answer")
  func probes() async throws {
    var paths: Set<String> = []
    let files = try #require(FileManager.default.enumerator(atPath: Checkout.path("deploy")))
    for case let name as String in files {
      var isFolder: ObjCBool = false
      let path = Checkout.path("deploy/\(name)")
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
        !isFolder.boolValue
      else { continue }
      let text = String(decoding: try Checkout.data(path), as: UTF8.self)
      // Harrier's own; SeaweedFS and Grafana have others.
      let pattern = /(?:path: |HARRIER_PORT})(\/health\/\w+|\/metrics)/
      for match in text.matches(of: pattern) { paths.insert(String(match.1)) }
    }
    #expect(paths == ["/health/live", "/health/ready", "/metrics"])
    let client = try await SharedServer.client()
    for path in paths { #expect(try await client.get(path).status == 200, "\(path)") }
  }
}

/// One change that makes a file of deploy/ wrong.
struct Mistake: Sendable, CustomTestStringConvertible {
  let part: String
  let file: String
  let right: String
  let wrong: String
  /// A piece of what is then said.
  let complaint: String

  var testDescription: String { "\(file): \(complaint)" }

  private init(
    _ part: String, _ file: String, _ right: String, _ wrong: String, _ complaint: String
  ) {
    self.part = part
    self.file = file
    self.right = right
    self.wrong = wrong
    self.complaint = complaint
  }

  static let all = images + objects + units + settings

  private static let images = [
    Mistake("dockerfile", "deploy/Dockerfile", "ENTRYPOINT", "ENTRYPIONT", "unexpected"),
    Mistake(
      "dockerfile", "deploy/Dockerfile", "debian:12-slim", "debian", "debian names no version"),
    Mistake(
      "dockerfile", "deploy/Dockerfile", "libtbb.so.12", "libtbb.so.11",
      "scripts/setup fetches no libtbb.so.11"),
    Mistake(
      "dockerfile", ".dockerignore", "!Rules\n", "", "Rules, which deploy/Dockerfile copies"),
    Mistake(
      "compose", "deploy/compose.yaml", "stop_grace_period: 75s", "stop_grace: 75s",
      "'stop_grace' was unexpected"),
    Mistake(
      "compose", "deploy/compose.yaml", "      postgres: {cond", "      postgre: {cond",
      "depends on postgre, which is no service"),
    Mistake(
      "compose", "deploy/compose.yaml", "postgres:17.11-bookworm", "postgres:latest",
      "postgres: the image names no version"),
    Mistake(
      "compose", "deploy/example.env", "S3_SECRET_KEY=\n", "",
      "S3_SECRET_KEY, which deploy/compose.yaml asks for, is missing"),
    Mistake(
      "compose", "deploy/example.env", "REDIS_PASSWORD=\n", "REDIS_PASSWORD=harrier\n",
      "a secret that everybody knows"),
  ]

  private static let objects = [
    Mistake(
      "kubernetes", "deploy/kubernetes/api.yaml", "readinessProbe", "readynessProbe",
      "'readynessProbe' was unexpected"),
    Mistake(
      "kubernetes", "deploy/kubernetes/api.yaml", "/health/live, port: http",
      "/health/live, port: web", "asks at the port web"),
    Mistake(
      "kubernetes", "deploy/kubernetes/worker.yaml", "enableServiceLinks: false",
      "enableServiceLinks: true", "enableServiceLinks must be false"),
    Mistake(
      "kubernetes", "deploy/kubernetes/service.yaml", "component: api}", "component: web}",
      "its selector does not fit"),
    Mistake(
      "kubernetes", "deploy/kubernetes/kustomization.yaml", "  - worker.yaml\n", "",
      "worker.yaml is left out"),
    Mistake(
      "kubernetes", "deploy/kubernetes/kustomization.yaml", "newTag: 0.1.0", "newTag: latest",
      "harrier:latest names no version"),
    Mistake(
      "kubernetes", "deploy/kubernetes/autoscaler-prometheus.yaml", "maxReplicaCount",
      "maxReplicas", "has no field spec.maxReplicas"),
    Mistake(
      "kubernetes", "deploy/kubernetes/autoscaler-postgresql.yaml", "minReplicaCount: 1",
      "minReplicaCount: one", "spec.minReplicaCount"),
    Mistake(
      "monitoring", "deploy/kubernetes/autoscaler-prometheus.yaml", "queue_length",
      "queue_size", "there is no metric queue_size"),
    Mistake(
      "monitoring", "deploy/kubernetes/autoscaler-prometheus.yaml", "max(active_jobs)",
      "max(active_jobs", "parse error"),
    Mistake(
      "monitoring", "deploy/prometheus/prometheus.yml", "evaluation_interval: 15s",
      "evaluation_interval: often", "not a valid duration"),
    Mistake(
      "monitoring", "deploy/grafana/provisioning/datasources/prometheus.yml", "uid: prometheus",
      "id: prometheus", "no uid"),
  ]

  private static let units = [
    Mistake(
      "systemd", "deploy/systemd/harrier.service", "Restart=", "Restrat=",
      "Unknown key 'Restrat'"),
    Mistake(
      "systemd", "deploy/systemd/harrier-worker@.service", "CapabilityBoundingSet=\n", "",
      "exposure level"),
  ]

  private static let settings = [
    Mistake(
      "settings", "deploy/compose.yaml", "HARRIER_STORAGE_URL", "HARRIER_STORAGE",
      "HARRIER_STORAGE is no setting"),
    Mistake(
      "settings", "deploy/compose.yaml", "command: [worker]", "command: [work]",
      "harrier has no command work"),
    Mistake(
      "settings", "deploy/kubernetes/api.yaml", "--workers, \"0\"", "--workers, none",
      "--workers: must be a whole number"),
    Mistake(
      "settings", "deploy/systemd/harrier.env.example", "PORT=8000", "PORT=http",
      "HARRIER_PORT: must be a whole number"),
    Mistake(
      "settings", "deploy/kubernetes/worker.yaml", "PeriodSeconds: 45", "PeriodSeconds: 20",
      "is killed after 20 s, while harrier worker may take 30 s to stop"),
    Mistake(
      "settings", "deploy/kubernetes/ingress.yaml", "5010m", "50m",
      "50m is less than max_upload_bytes"),
    Mistake(
      "settings", "docs/deployment.md", "HARRIER_WORKERS", "HARRIER_WORKER",
      "HARRIER_WORKER is no setting"),
  ]
}
