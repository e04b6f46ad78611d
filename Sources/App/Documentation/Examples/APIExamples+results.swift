import ObjectDetection

extension APIExamples {
  static let results = examples([
    ("json", detections), ("yolo", yolo), ("voc", voc), ("coco", coco),
  ])

  private static let detections = """
    {"status": "success",
     "data": {
       "job_id": "\(jobID)", "format": "json",
       "model": {"name": "aerial15-obb", "task": "obb", "sha256": "\(hash)"},
       "total_images": 2, "total_detections": 1,
       "class_distribution": [
         {"class_id": 0, "class_name": "plane", "count": 1, "average_confidence": 0.95}],
       "results": [
         {"file_id": "\(fileID)", "filename": "image1.jpg", "width": 1920, "height": 1080,
          "detection_count": 1, "inference_seconds": 1.2, "slices": 12,
          "detections": [
            {"class_id": 0, "class_name": "plane", "confidence": 0.95,
             "bbox": {"format": "xyxy", "x_min": 103.76, "y_min": 123.66, "x_max": 296.24, "y_max": 276.34},
             "bbox_normalized": {
               "format": "yolo", "center_x": 0.104167, "center_y": 0.185185, "width": 0.10025,
               "height": 0.14137},
             "obb": {
               "center_x": 200, "center_y": 200, "width": 190, "height": 60, "angle_degrees": 32.5,
               "polygon": [[136, 123.66], [296.24, 225.74], [264, 276.34], [103.76, 174.26]]},
             "reasoning": {"confidence_before": 0.76, "rules": ["ship<->harbor x1.25"]}}]},
         {"file_id": "img_01kgfsbz52c8v3q7xe1hn5jt9d", "filename": "image2.png",
          "error": {"code": "CORRUPTED_FILE", "message": "The picture ends too early"}}]}}
    """

  private static let yolo = """
    {"status": "success",
     "data": {
       "job_id": "\(jobID)", "format": "yolo",
       "files": [
         {"file_id": "\(fileID)", "filename": "image1.jpg",
          "label_content": "0 0.104167 0.185185 0.104167 0.092593 0.950000\\n",
          "download_url": "/api/v1/jobs/\(jobID)/results/\(fileID)/labels.txt"}]}}
    """

  private static let voc = """
    {"status": "success",
     "data": {
       "job_id": "\(jobID)", "format": "voc",
       "files": [
         {"file_id": "\(fileID)", "filename": "image1.jpg",
          "xml": "<annotation><filename>image1.jpg</filename></annotation>"}]}}
    """

  private static let coco = """
    {"images": [{"id": 1, "file_name": "image1.jpg", "width": 1920, "height": 1080}],
     "categories": [{"id": 0, "name": "plane", "supercategory": "object"}],
     "annotations": [
       {"id": 1, "image_id": 1, "category_id": 0, "bbox": [100, 150, 200, 100], "area": 20000,
        "score": 0.95, "iscrowd": 0, "segmentation": []}]}
    """

  static let labels = example(
    string("0 0.104167 0.185185 0.104167 0.092593 0.950000\n"))

  static let resultsCSV = example(
    string(
      """
      filename,class_id,class_name,confidence,x_min,y_min,x_max,y_max
      image1.jpg,0,plane,0.950000,100.000,150.000,300.000,250.000

      """))

  static let resultsGeoJSON = example(
    """
    {"type": "FeatureCollection", "coordinates": "pixels",
     "features": [
       {"type": "Feature",
        "geometry": {
          "type": "Polygon",
          "coordinates": [[[100, 150], [300, 150], [300, 250], [100, 250], [100, 150]]]},
        "properties": {
          "filename": "image1.jpg", "file_id": "\(fileID)", "class_id": 0, "class_name": "plane",
          "confidence": 0.95}}]}
    """)

  static let visualization = examples([
    (
      "url",
      """
      {"status": "success",
       "data": {
         "job_id": "\(jobID)",
         "visualizations": [
           {"file_id": "\(fileID)", "filename": "image1.jpg",
            "original_url": "/api/v1/files/\(fileID)/original",
            "annotated_url": "/api/v1/files/\(fileID)/annotated?job_id=\(jobID)",
            "thumbnail_url": "/api/v1/files/\(fileID)/thumbnail?job_id=\(jobID)",
            "detection_count": 1}]}}
      """
    ),
    (
      "base64",
      """
      {"status": "success",
       "data": {
         "file_id": "\(fileID)", "filename": "image1.jpg", "format": "base64",
         "original_image": "data:image/jpeg;base64,/9j/4AAQ",
         "annotated_image": "data:image/jpeg;base64,/9j/4AAQ", "detection_count": 1}}
      """
    ),
  ])

  /// A text as a JSON string.
  static func string(_ text: String) -> String {
    var json = JSONWriter()
    json.element(text)
    return json.text
  }
}
