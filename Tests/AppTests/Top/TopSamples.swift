import Foundation
import Jobs
import TestSupport

@testable import App

/// A service with some work, looked at twice, two seconds apart. Every number on the screens of the tests can be
/// computed by hand from here.
enum TopSamples {
  static let id = "job_01kgdv8f2a4c6e8g0j2k4m6n8p"

  static func metrics(isSecond: Bool) -> String {
    func value(_ first: String, _ second: String) -> String { isSecond ? second : first }
    return """
      # HELP app_info Always 1; the labels say what runs.
      # TYPE app_info gauge
      app_info{version="1.2.3"} 1
      # TYPE process_start_time_seconds gauge
      process_start_time_seconds 1769991960
      # TYPE queue_length gauge
      queue_length{queue="inference"} 3
      harrier_queue_oldest_job_seconds{queue="inference"} 72
      active_jobs 2
      active_workers 2
      harrier_workers_wanted 3
      harrier_worker_last_progress_seconds 0.4
      cpu_usage_percent 187.4
      memory_usage_bytes 1213456789
      harrier_open_connections 14
      \(requests(value))
      harrier_request_body_bytes_total \(value("1000000000", "1002468000"))
      harrier_response_body_bytes_total \(value("5000000", "5690000"))
      # TYPE inference_jobs_total counter
      inference_jobs_total{status="completed"} \(value("90", "91"))
      inference_jobs_total{status="failed"} 2
      # TYPE job_retries_total counter
      job_retries_total{reason="WORKER_CRASHED"} \(value("2", "3"))
      # TYPE harrier_store_errors_total counter
      # TYPE model_inference_time_seconds histogram
      model_inference_time_seconds_bucket{model="m",le="1"} \(value("38", "40"))
      model_inference_time_seconds_bucket{model="m",le="2.5"} \(value("87", "90"))
      model_inference_time_seconds_bucket{model="m",le="5"} \(value("97", "100"))
      model_inference_time_seconds_bucket{model="m",le="+Inf"} \(value("97", "100"))
      model_inference_time_seconds_sum{model="m"} \(value("146", "150"))
      model_inference_time_seconds_count{model="m"} \(value("97", "100"))
      harrier_slices_total \(value("5000", "5069"))
      # TYPE detection_count_total counter
      detection_count_total{class="plane"} \(value("10000", "10241"))
      \(value("", "detection_count_total{class=\"ship\"} 5"))
      harrier_infer_request_seconds_total{state="busy"} \(value("869", "870"))
      harrier_infer_request_seconds_total{state="idle"} \(value("129", "130"))
      # TYPE pipeline_stage_duration_seconds histogram
      \(stages)
      """
  }

  private static func requests(_ value: (String, String) -> String) -> String {
    """
    # TYPE api_requests_total counter
    api_requests_total{method="POST",endpoint="/predict",status="202"} \(value("100", "124"))
    api_requests_total{method="GET",endpoint="/status",status="500"} \(value("3", "4"))
    api_requests_total{method="GET",endpoint="/metrics",status="200"} \(value("50", "51"))
    api_requests_total{method="GET",endpoint="/health/ready",status="503"} \(value("0", "1"))
    # TYPE api_request_duration_seconds histogram
    api_request_duration_seconds_bucket{endpoint="/predict",le="0.005"} \(value("60", "70"))
    api_request_duration_seconds_bucket{endpoint="/predict",le="0.01"} \(value("80", "97"))
    api_request_duration_seconds_bucket{endpoint="/predict",le="0.1"} \(value("100", "124"))
    api_request_duration_seconds_bucket{endpoint="/predict",le="+Inf"} \(value("100", "124"))
    api_request_duration_seconds_sum{endpoint="/predict"} \(value("0.9", "1.1"))
    api_request_duration_seconds_count{endpoint="/predict"} \(value("100", "124"))
    api_request_duration_seconds_bucket{endpoint="/status",le="0.005"} \(value("3", "4"))
    api_request_duration_seconds_bucket{endpoint="/status",le="0.01"} \(value("3", "4"))
    api_request_duration_seconds_bucket{endpoint="/status",le="0.1"} \(value("3", "4"))
    api_request_duration_seconds_bucket{endpoint="/status",le="+Inf"} \(value("3", "4"))
    api_request_duration_seconds_sum{endpoint="/status"} \(value("0.003", "0.004"))
    api_request_duration_seconds_count{endpoint="/status"} \(value("3", "4"))
    api_request_duration_seconds_bucket{endpoint="/metrics",le="+Inf"} \(value("50", "51"))
    api_request_duration_seconds_count{endpoint="/metrics"} \(value("50", "51"))
    """
  }

  /// Seconds since the start, a hundred in all.
  private static let stages = [
    ("decode", 12), ("slice", 2), ("infer", 71), ("merge", 4), ("reason", 0), ("render", 9),
    ("store", 2),
  ].map { stage, seconds in
    """
    pipeline_stage_duration_seconds_sum{stage="\(stage)"} \(seconds)
    pipeline_stage_duration_seconds_count{stage="\(stage)"} 100
    """
  }.joined(separator: "\n")

  /// Nine points, ten seconds apart, the last one at `startOfTests`.
  static var dashboard: String {
    let queue = [0, 1, 2, 4, 5, 7, 5, 4, 3]
    let completed = [0, 0, 1, 0, 1, 1, 0, 1, 1]
    let points = queue.indices.map { index in
      let time = (startOfTests + Double(index - 8) * 10).rfc3339
      return #"{"time":"\#(time)","queue_length":\#(queue[index]),"active_workers":2,"#
        + #""average_inference_time_seconds":null,"job_completion_rate":\#(Double(index) / 2),"#
        + #""completed":\#(completed[index]),"failed":\#(index == 8 ? 1 : 0),"processing":2}"#
    }
    return #"{"status":"success","data":{"queue_length":3,"history":{"interval_seconds":10,"#
      + #""points":[\#(points.joined(separator: ","))]}}}"#
  }

  static let ready =
    #"{"status":"success","data":{"status":"ready","database":{"status":"ok"},"#
    + #""files":{"status":"ok"},"models":{"status":"ok"}}}"#

  static let notReady =
    #"{"status":"error","message":"Not ready: database","error_code":"SERVICE_UNAVAILABLE","#
    + #""errors":[{"field":"database","code":"UNAVAILABLE","error":"does not answer"}],"#
    + #""error":{"code":"SERVICE_UNAVAILABLE","message":"Not ready: database"}}"#

  static func job(
    _ id: String = id, state: String = "processing", attempt: Int = 1,
    priority: String = "normal", age: TimeInterval, progress: String
  ) -> String {
    let time = (startOfTests - age).rfc3339
    return #"{"job_id":"\#(id)","upload_id":"upl_01kgdv8f2a4c6e8g0j2k4m6n8p","#
      + #""status":"\#(state)","attempt":\#(attempt),"priority":"\#(priority)","#
      + #""created_at":"\#(time)","updated_at":"\#(time)","progress":{\#(progress)}}"#
  }

  static func list(_ jobs: [String], cursor: String = "null") -> String {
    #"{"status":"success","data":{"jobs":[\#(jobs.joined(separator: ","))],"next_cursor":\#(cursor)}}"#
  }

  /// Newest first, as the service answers.
  static var processing: String {
    list([
      job(
        "job_01kgdv9f2a4c6e8g0j2k4m6n8q", attempt: 2, priority: "high", age: 9,
        progress: #""total_images":1,"processed_images":0,"failed_images":0,"percentage":0,"#
          + #""current_stage":"Loading the model aerial15-obb""#),
      job(
        age: 72,
        progress: #""total_images":12,"processed_images":7,"failed_images":1,"percentage":58,"#
          + #""current_stage":"Running sliced inference on image2.png","#
          + #""estimated_completion":"\#((startOfTests + 34).rfc3339)""#),
    ])
  }

  /// Newest first; the one of high priority is next.
  static var queued: String {
    list([
      job(
        "job_01kgdvaf2a4c6e8g0j2k4m6n8t", state: "queued", attempt: 0, priority: "low", age: 5,
        progress: #""total_images":3,"processed_images":0,"failed_images":0,"percentage":0"#),
      job(
        "job_01kgdvaf2a4c6e8g0j2k4m6n8s", state: "queued", attempt: 0, priority: "high", age: 6,
        progress: #""total_images":1,"processed_images":0,"failed_images":0,"percentage":0,"#
          + #""estimated_completion":"\#((startOfTests + 95).rfc3339)""#),
      job(
        "job_01kgdvaf2a4c6e8g0j2k4m6n8r", state: "queued", attempt: 1, age: 72,
        progress: #""total_images":100,"processed_images":0,"failed_images":0,"percentage":0"#),
    ])
  }

  /// A look at `startOfTests`, whose answers may be replaced.
  static func look(
    isSecond: Bool = true, metrics: String? = nil, ready: String = ready, status: Int = 200,
    processing: String = processing, queued: String = queued, dashboard: String = dashboard
  ) throws -> ServiceLook {
    ServiceLook(
      at: .seconds(isSecond ? 2 : 0), time: startOfTests,
      metrics: .success(
        ScrapedMetrics(text: Array((metrics ?? self.metrics(isSecond: isSecond)).utf8))),
      readiness: .success(try ReadinessAnswer(status: status, body: Array(ready.utf8))),
      processing: .success(try JobList(Array(processing.utf8))),
      queued: .success(try JobList(Array(queued.utf8))),
      history: .success(try DashboardAnswer(Array(dashboard.utf8))))
  }

  /// The state after looks that brought these answers.
  static func state(
    _ looks: [ServiceLook], mode: TopState.Mode = .screen
  ) throws -> TopState {
    var state = TopState(
      try ServiceAddress("http://127.0.0.1:8000"), mode: mode, intervalSeconds: 2)
    _ = state.start()
    for look in looks { _ = state.handle(.looked(look)) }
    return state
  }

  static func state() throws -> TopState {
    try state([look(isSecond: false), look()])
  }
}

extension ServiceLook {
  /// A service that does not answer, so long after the first of two looks.
  static func unanswered(at time: Duration, _ words: String) -> ServiceLook {
    let failure = SourceFailure(.noAnswer, words)
    return ServiceLook(
      at: time, time: startOfTests + (time.timeInterval - 2), metrics: .failure(failure),
      readiness: .failure(failure),
      processing: .failure(failure), queued: .failure(failure), history: .failure(failure))
  }
}

/// What is on the screen, without colours and without blanks at the ends of lines.
func screenText(_ state: TopState, columns: Int, rows: Int?) -> String {
  state.screen(columns: columns, rows: rows).map { $0.text(colours: false, unicode: true) }
    .joined(separator: "\n")
}
