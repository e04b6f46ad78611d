extension APIExamples {
  static let compareRequest = examples([
    ("an alias", #"{"model": "aerial@candidate"}"#),
    ("a version, behind all others", #"{"model": "aerial@4", "priority": "low"}"#),
  ])

  // By hand: 2 x 3 of 4 + 5 boxes; ships 2 x 2 of 3 + 2, boats 0 of 0 + 1, planes 2 x 1 of 1 + 2.
  static let comparison = example(
    """
    {"status": "success",
     "data": {
       "job_id": "\(jobID)", "base_job_id": "\(baseID)",
       "base_model": {"name": "aerial", "version": 3, "task": "obb", "sha256": "\(hash)"},
       "candidate_model": {"name": "aerial", "version": 4, "task": "obb", "sha256": "\(hash)"},
       "iou_threshold": 0.5,
       "figures": {\(figures(4, 5, 3, "0.666667", "0.9", "0.05"))},
       "classes": [
         {"class": "ship", \(figures(3, 2, 2, "0.8", "0.875", "0.1"))},
         {"class": "plane", \(figures(1, 2, 1, "0.666667", "0.95", "-0.05"))},
         {"class": "boat", \(figures(0, 1, 0, "0", "null", "null"))}],
       "relabelled": [{"base": "ship", "candidate": "boat", "count": 1}],
       "images": [
         {"number": 1, "file_id": "\(fileID)", "filename": "image1.jpg",
          "figures": {\(figures(4, 5, 3, "0.666667", "0.9", "0.05"))},
          "base_annotated_url": "/api/v1/files/\(fileID)/annotated?job_id=\(baseID)",
          "candidate_annotated_url": "/api/v1/files/\(fileID)/annotated?job_id=\(jobID)"},
         {"number": 2, "file_id": "img_01kgfsbz52c8v3q7xe1hn5jt9d", "filename": "image2.png",
          "failure": {"side": "base", "code": "CORRUPTED_FILE",
            "message": "The picture ends too early"},
          "base_annotated_url": null, "candidate_annotated_url": null}]}}
    """)

  private static let baseID = "job_01kgfs9m3h6w2t8c5dn7qzx4ra"

  private static func figures(
    _ base: Int, _ candidate: Int, _ matched: Int, _ agreement: String, _ iou: String,
    _ change: String
  ) -> String {
    """
    "base_boxes": \(base), "candidate_boxes": \(candidate), "matched": \(matched),
    "only_base": \(base - matched), "only_candidate": \(candidate - matched),
    "agreement": \(agreement), "mean_iou": \(iou), "mean_confidence_change": \(change)
    """
  }
}
