extension APIExamples {
  static let shadowRequest = examples([
    ("an alias", #"{"candidate": "candidate", "share": 0.1}"#),
    ("a version", #"{"candidate": 4, "share": 1}"#),
  ])

  private static let rule = """
    {"candidate": "candidate", "share": 0.1, "set_at": "2026-02-02T18:54:57.324Z",
     "set_by": "survey team"}
    """

  static let shadowRule = example(
    """
    {"status": "success", "message": "Rule set", "data": {"name": "aerial", "rule": \(rule)}}
    """)

  static let shadowRemoval = example(
    """
    {"status": "success", "message": "Rule removed", "data": {"name": "aerial", "rule": \(rule)}}
    """)

  // By hand: 2 x 90 of 100 + 95 boxes.
  static let shadow = examples([
    (
      "a candidate that was tried",
      """
      {"status": "success",
       "data": {
         "name": "aerial", "rule": \(rule), "base_version": 3, "candidate_version": 4,
         "report": {
           "jobs": 40, "failed": 1, "pending": 2, "images": 80,
           "figures": {"base_boxes": 100, "candidate_boxes": 95, "matched": 90, "only_base": 10,
             "only_candidate": 5, "agreement": 0.923077, "mean_iou": 0.91,
             "mean_confidence_change": 0.02},
           "classes": [{"class": "ship", "base_boxes": 100, "candidate_boxes": 95, "matched": 90,
             "only_base": 10, "only_candidate": 5, "agreement": 0.923077, "mean_iou": 0.91,
             "mean_confidence_change": 0.02}],
           "relabelled": [],
           "failures": [{"side": "candidate", "code": "INFERENCE_ERROR", "count": 1}],
           "worst": [{"job_id": "job_01kgfs9m3h6w2t8c5dn7qzx4ra", "shadow_job_id": "\(jobID)",
             "agreement": 0.5, "compared_at": "2026-02-02T18:59:57.324Z"}]}}}
      """
    ),
    (
      "nothing runs beside it",
      """
      {"status": "success",
       "data": {"name": "aerial", "rule": null, "base_version": 3, "candidate_version": null,
         "report": null}}
      """
    ),
  ])
}
