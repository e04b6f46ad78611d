import Foundation
import TestSupport
import Testing

/// One after the other: the parsers are light, but thirty at once would hold up tests that measure time.
@Suite("The files of deploy/", .serialized)
struct DeploymentTests {
  private static let python = Checkout.path(".deps/test-venv/bin/python")
  private static let hasParsers =
    FileManager.default.isExecutableFile(atPath: python) && Promtool.isInstalled
  private static let dashboardParts = ["models", "layout", "metrics", "rules", "queries"]

  /// A part of `scripts/check-deploy` or `scripts/check-dashboards` on the checkout, or on a copy of its files.
  private func check(_ part: String, in root: String = Checkout.root) async throws
    -> HarrierProcess.Output
  {
    let isOfDashboards = Self.dashboardParts.contains(part)
    let script = isOfDashboards ? "scripts/check-dashboards" : "scripts/check-deploy"
    let binary = isOfDashboards ? [] : ["--binary", HarrierProcess.binary]
    return try await HarrierProcess(
      program: Self.python, [Checkout.path(script), part, "--root", root] + binary
    ).run()
  }

  @Test(
    "are what those who read them take, and name only what Harrier has",
    .enabled(if: hasParsers, "scripts/setup --tests and scripts/test-tools install the parsers"),
    arguments: ["dockerfile", "compose", "kubernetes", "systemd", "monitoring", "settings"]
      + dashboardParts)
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

  static let all =
    images + objects + units + settings + access + scrapes + dashboards + metrics + rules

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
      "dockerfile", ".dockerignore", "!Console\n", "", "Console, which deploy/Dockerfile copies"),
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

  private static let prometheus = "deploy/prometheus/prometheus.yml"
  private static let environment = "deploy/systemd/harrier.env.example"
  private static let secret = "deploy/kubernetes/secret.example.yaml"

  private static let access = [
    Mistake(
      "dockerfile", "deploy/Dockerfile", "HARRIER_AUTH=on", "HARRIER_AUTH=off-on-every-address",
      "listens on 0.0.0.0, and HARRIER_AUTH is not on"),
    Mistake(
      "settings", "deploy/Dockerfile", "HARRIER_AUTH=on", "HARRIER_AUTH=off",
      "0.0.0.0 lets other machines in, and auth is off"),
    Mistake(
      "settings", "deploy/Dockerfile", "HARRIER_AUTH=on", "HARRIER_AUTH=off-on-every-address",
      "metrics_token: needs auth to be on"),
    Mistake(
      "settings", environment, "HARRIER_AUTH=on", "HARRIER_AUTH=off",
      "harrier serve asks nobody for a key"),
    Mistake(
      "settings", "deploy/compose.yaml",
      "    HARRIER_METRICS_TOKEN: ${METRICS_TOKEN:?is missing in deploy/.env}\n", "",
      "worker: harrier worker would not start: harrier: metrics_port: needs metrics_token"),
    Mistake(
      "settings", secret, "  HARRIER_METRICS_TOKEN: METRICS_TOKEN\n", "",
      "worker: harrier worker would not start: harrier: metrics_port: needs metrics_token"),
    Mistake(
      "settings", environment, "#HARRIER_METRICS_TOKEN=METRICS_TOKEN\n", "",
      "harrier worker would not start: harrier: metrics_port: needs metrics_token"),
    Mistake(
      "kubernetes", secret, ": METRICS_TOKEN", ": \(String(repeating: "0a", count: 32))",
      "HARRIER_METRICS_TOKEN is given: a secret that everybody knows"),
    Mistake(
      "systemd", environment, "=METRICS_TOKEN", "=\(String(repeating: "0a", count: 32))",
      "HARRIER_METRICS_TOKEN is given: a secret that everybody knows"),
    Mistake(
      "compose", "deploy/compose.yaml", "{environment: METRICS_TOKEN}",
      "{environment: PROMETHEUS_TOKEN}",
      "PROMETHEUS_TOKEN, which deploy/compose.yaml asks for, is missing"),
    Mistake(
      "compose", "deploy/compose.yaml", "source: metrics-token", "source: token",
      "token is not among the secrets"),
    Mistake(
      "monitoring", prometheus,
      "    authorization: {credentials_file: /run/secrets/metrics-token}\n", "",
      "harrier-worker does not send the token that it is asked for"),
    Mistake(
      "monitoring", "deploy/compose.yaml", "{environment: METRICS_TOKEN}",
      "{environment: S3_SECRET_KEY}", "harrier does not send the token that it is asked for"),
    Mistake(
      "monitoring", prometheus, "/run/secrets/metrics-token", "/run/secrets/metrics-tokens",
      "token file \"/run/secrets/metrics-tokens\""),
    Mistake(
      "monitoring", "deploy/compose.yaml",
      "    HARRIER_METRICS_TOKEN: ${METRICS_TOKEN:?is missing in deploy/.env}\n", "",
      "what the job harrier asks has no HARRIER_METRICS_TOKEN"),
  ]

  private static let service = "deploy/grafana/dashboards/harrier.json"
  private static let stores = "deploy/grafana/dashboards/harrier-stores.json"
  private static let alerts = "deploy/prometheus/rules/alerts.yml"
  private static let recording = "deploy/prometheus/rules/recording.yml"

  private static let scrapes = [
    Mistake(
      "monitoring", "deploy/prometheus/prometheus.yml", "port: 9101", "port: 9100",
      "worker shows its metrics at port 9101, not 9100"),
    Mistake(
      "monitoring", "deploy/compose.yaml", "networks: [stores, metrics]", "networks: [stores]",
      "Prometheus is in no network of worker"),
    Mistake(
      "kubernetes", "deploy/kubernetes/worker.yaml", "prometheus.io/port: \"9101\"",
      "prometheus.io/port: \"9100\"", "is scraped at the port 9100"),
    Mistake(
      "kubernetes", "deploy/kubernetes/worker.yaml", "value: \"9101\"", "value: \"9102\"",
      "shows its metrics at 9102, is scraped at 9101"),
    Mistake(
      "kubernetes", "deploy/kubernetes/worker.yaml", "/health/live, port: metrics",
      "/health/live, port: http", "asks at the port http"),
    Mistake(
      "monitoring", alerts, "queue_length:max > 20", "queue_length:max > > 20", "parse error"),
  ]

  private static let dashboards = [
    Mistake(
      "models", service, "\"refresh\": \"30s\"", "\"refrash\": \"30s\"", "Grafana knows no refrash"),
    Mistake(
      "models", service, "\"schemaVersion\": 41", "\"schemaVersion\": \"41\"",
      "schema_version is '41', not int"),
    Mistake(
      "models", service, "{\"x\": 0, \"y\": 1, \"w\": 3, \"h\": 4}",
      "{\"x\": 0, \"y\": 1, \"w\": 3, \"hh\": 4}", "Grafana knows no panels[1].gridPos.hh"),
    Mistake(
      "models", service, "\"showPoints\": \"never\"", "\"showPoints\": \"seldom\"",
      "show_points is 'seldom', not"),
    Mistake(
      "models", service, "\"unit\": \"percentunit\"", "\"unit\": \"percents\"",
      "there is no unit percents"),
    Mistake(
      "models", stores, "\"state-timeline\"", "\"state-line\"",
      "there is no panel of type state-line"),
    Mistake(
      "models", service, "\"id\": \"organize\"", "\"id\": \"organise\"",
      "no transformation organise"),
    Mistake(
      "models", stores, "\"uid\": \"harrier-stores\",",
      "\"uid\": \"harrier-stores\", \"uid\": \"harrier\",", "uid is there twice"),
    Mistake("layout", service, "\"id\": 3,", "\"id\": 2,", "has the id 2"),
    Mistake(
      "layout", service, "{\"x\": 3, \"y\": 1, \"w\": 3, \"h\": 4}",
      "{\"x\": 2, \"y\": 1, \"w\": 3, \"h\": 4}", "Oldest job: lies over Jobs that wait"),
    Mistake(
      "layout", "deploy/grafana/provisioning/datasources/prometheus.yml", "uid: prometheus",
      "uid: metrics", "which deploy/grafana/provisioning/datasources/prometheus.yml has not"),
    Mistake(
      "layout", service, "instance=~\\\"$instance\\\"", "instance=~\\\"$process\\\"",
      "$process is no variable of it"),
    Mistake(
      "layout", service, "\"legendFormat\": \"{{status}}\"", "\"legendFormat\": \"\"",
      "its lines have no names"),
    Mistake(
      "layout", "deploy/grafana/provisioning/dashboards/harrier.yml",
      "path: /etc/grafana/dashboards", "path: /var/lib/dashboards",
      "/var/lib/dashboards is not where"),
  ]

  private static let metrics = [
    Mistake(
      "metrics", stores, "harrier_spans_total", "harrier_span_total",
      "there is no metric harrier_span_total"),
    Mistake(
      "metrics", service, "inference_duration_seconds_bucket", "inference_duration_seconds",
      "there is no metric inference_duration_seconds"),
    Mistake(
      "metrics", recording, "sum by (status)", "sum by (state)",
      "groups by state, which none of its metrics has"),
    Mistake(
      "metrics", alerts, "outcome=\"lost\"", "result=\"lost\"",
      "harrier_lease_renewals_total has no label result"),
    Mistake(
      "metrics", "docs/metrics.md", "| `harrier_disk_free_bytes`", "| `harrier_disk_bytes`",
      "there is no metric harrier_disk_free_bytes"),
    Mistake(
      "metrics", service, "harrier:slices:rate5m", "harrier:queue_length:max",
      "harrier:slices:rate5m: nobody asks for it"),
  ]

  private static let rules = [
    Mistake("rules", alerts, "queue_length:max > 20", "queue_length:max > 21", "HarrierQueueLong"),
    Mistake(
      "rules", alerts, "last_progress_seconds:max > 300 and harrier:active_jobs:max > 0",
      "last_progress_seconds:max > 300", "nothing gets on, but no job is in hand"),
    Mistake("rules", alerts, "queue_length:max > 20", "queue_length:max > > 20", "parse error"),
    Mistake(
      "rules", alerts, "#harrierqueuelong", "#queuelong",
      "its runbook is not docs/operations.md#harrierqueuelong"),
    Mistake("rules", alerts, "severity: critical", "severity: page", "its severity is none of"),
    Mistake(
      "rules", "docs/operations.md", "### HarrierQueueLong", "### HarrierQueueTooLong",
      "has no section HarrierQueueLong"),
    Mistake(
      "rules", "deploy/prometheus/tests/processes.yml", "alertname: HarrierOpenFilesHigh",
      "alertname: HarrierOpenFiles", "HarrierOpenFilesHigh is never seen to fire"),
    Mistake("queries", service, "sum by (status) (rate(", "sum by (status) (rate((", "parse error"),
    Mistake(
      "queries", "docs/operations.md", "max(queue_length{job=~\"harrier.*\"})",
      "max(queue_length{job=~\"harrier.*\"}", "parse error"),
  ]
}
