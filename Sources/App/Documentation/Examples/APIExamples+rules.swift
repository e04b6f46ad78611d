extension APIExamples {
  static let ruleSets = example(
    """
    {"status": "success",
     "data": {
       "rules": [
         {"name": "dota", "sha256": "\(hash)", "pair_count": 87, "default": true},
         {"name": "draft", "error": "draft.pl:3:10: Syntax error: Operator expected",
          "default": false}]}}
    """)

  static let ruleSet = example(
    """
    {"status": "success",
     "data": {
       "name": "dota", "sha256": "\(hash)", "default": true,
       "source": "confidence_modifier(ship, harbor, 1.25).\\nconfidence_modifier(ship, 'Bridge', 0.1).\\n",
       "table": [
         {"first": "ship", "second": "harbor", "weight": 1.25, "effect": "BOOST"},
         {"first": "ship", "second": "Bridge", "weight": 0.1, "effect": "PENALTY"}],
       "warnings": ["the model has no class 'Bridge'; did you mean 'bridge'?"]}}
    """)

  static let previewRequest = examples([
    ("defaults", #"{"rules": "dota"}"#),
    ("pixels", #"{"rules": "dota", "geometry": "pixels"}"#),
  ])

  // By hand: 0.76 and 0.64 times 1.25, then 0.5 times 0.2.
  static let reasoning = examples([
    (
      "rules",
      """
      {"status": "success",
       "data": {
         "job_id": "\(jobID)", "rules": "dota", "rules_sha256": "\(hash)", "total_images": 2,
         "total_changes": 3, "total_actions": 2, "actions_left_out": 0,
         "results": [
           {"file_id": "\(fileID)", "filename": "image1.jpg",
            "changes": [
              {\(ship), "confidence_before": 0.76, "confidence_after": 0.95,
               "rules": ["ship<->harbor x1.25"]},
              {\(harbor), "confidence_before": 0.64, "confidence_after": 0.8,
               "rules": ["ship<->harbor x1.25"]},
              {\(plane), "confidence_before": 0.5, "confidence_after": 0.1,
               "rules": ["plane<->harbor x0.2"]}],
            "actions": [
              {"action": "BOOST", "rule": "ship<->harbor x1.25",
               "first": {\(ship), "confidence_before": 0.76, "confidence_after": 0.95},
               "second": {\(harbor), "confidence_before": 0.64, "confidence_after": 0.8}},
              {"action": "PENALTY", "rule": "plane<->harbor x0.2",
               "first": {\(harbor), "confidence_before": 0.8, "confidence_after": 0.8},
               "second": {\(plane), "confidence_before": 0.5, "confidence_after": 0.1},
               "suppressed": "second", "kept": "first"}]},
           {"file_id": "img_01kgfsbz52c8v3q7xe1hn5jt9d", "filename": "image2.png",
            "error": {"code": "CORRUPTED_FILE", "message": "The picture ends too early"}}]}}
      """
    ),
    (
      "without rules",
      """
      {"status": "success",
       "data": {
         "job_id": "\(jobID)", "rules": null, "total_images": 1, "total_changes": 0,
         "total_actions": 0, "actions_left_out": 0,
         "results": [
           {"file_id": "\(fileID)", "filename": "image1.jpg", "changes": [], "actions": []}]}}
      """
    ),
  ])

  private static let ship =
    #""detection": 0, "class_name": "ship", "bbox": [100, 150, 300, 250]"#
  private static let harbor =
    #""detection": 1, "class_name": "harbor", "bbox": [200, 120, 900, 520]"#
  private static let plane =
    #""detection": 2, "class_name": "plane", "bbox": [400, 300, 480, 360]"#

  static let reasoningCSV = example(
    string(
      """
      file_id,filename,action,rule,weight,first_detection,first_class,first_confidence_before,\
      first_confidence_after,second_detection,second_class,second_confidence_before,\
      second_confidence_after,suppressed_detection,kept_detection
      \(fileID),image1.jpg,BOOST,ship<->harbor x1.25,1.25,0,ship,0.76,0.95,1,harbor,0.64,0.8,,
      \(fileID),image1.jpg,PENALTY,plane<->harbor x0.2,0.2,1,harbor,0.8,0.8,2,plane,0.5,0.1,2,1

      """))

  // The example of docs/relations.md.
  static let relations = example(
    """
    {"status": "success",
     "data": {
       "job_id": "\(jobID)", "limited_images": 0,
       "graph": {
         "classes": [{"name": "small-vehicle", "count": 2}, {"name": "Bridge", "count": 1}],
         "images": 1,
         "relations": [
           {"relation": "cooccurs", "subject": "Bridge", "object": "small-vehicle", "count": 1},
           {"relation": "located_on", "subject": "small-vehicle", "object": "Bridge", "count": 2},
           {"relation": "adjacent_to", "subject": "small-vehicle", "object": "small-vehicle",
            "count": 1}]}}}
    """)

  static let relationsProlog = example(
    string(
      """
      % Relations between the classes of a job, written by Harrier.
      % fact(Relation, Subject, Object, Count): 1 images, 3 detections, 2 classes.
      fact(cooccurs, 'Bridge', 'small-vehicle', 1).
      fact(located_on, 'small-vehicle', 'Bridge', 2).
      fact(adjacent_to, 'small-vehicle', 'small-vehicle', 1).

      """))
}
