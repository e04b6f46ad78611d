/// What people have marked in pictures, as tools for it export it: COCO's JSON. Source: cocodataset.org, "Data format".
///
/// Read are `images` (`id`, `file_name`, where they are there `width` and `height`), `categories` (`id`, `name`) and
/// `annotations` (`image_id`, `category_id`, `bbox`, `segmentation`). A polygon with four corners is an oriented box, and
/// `bbox` need not be there; any other one is the outline of an object, of which the box counts.
public struct COCOLabels: Sendable, Equatable {
  /// One picture.
  public struct Image: Sendable, Equatable {
    /// As the file says it, folders included.
    public var filename: String
    /// Pixels; nil where the file does not say it.
    public var size: PixelSize?
    public var boxes: [ExpectedBox]
  }

  /// In the order of the file.
  public var images: [Image] = []
  /// The names of all categories, those that are in no picture too.
  public var labels: Set<String> = []

  /// - Throws: `DetectionError(.invalidFormat)` that names the member at fault.
  public init(json bytes: [UInt8]) throws {
    let document: JSONValue
    do {
      document = try JSONValue(json: bytes)
    } catch {
      throw DetectionError(.invalidFormat, "no JSON: \(error)")
    }
    let root = try COCOMember(value: document, path: "")
    var names: [Int: String] = [:]
    for category in try root.elements("categories") {
      let name = try category.text("name")
      guard ClassSettings.isLabel(name) else { throw category.fault("name", "is no label") }
      guard names.updateValue(name, forKey: try category.integer("id")) == nil else {
        throw category.fault("id", "is there twice")
      }
    }
    labels = Set(names.values)
    var places: [Int: Int] = [:]
    for image in try root.elements("images") {
      let id = try image.integer("id")
      guard places.updateValue(images.count, forKey: id) == nil else {
        throw image.fault("id", "is there twice")
      }
      images.append(
        Image(filename: try image.text("file_name"), size: try image.size(), boxes: []))
    }
    for annotation in try root.elements("annotations") {
      guard let place = places[try annotation.integer("image_id")] else {
        throw annotation.fault("image_id", "names no image")
      }
      guard let label = names[try annotation.integer("category_id")] else {
        throw annotation.fault("category_id", "names no category")
      }
      images[place].boxes.append(try annotation.box(label))
    }
  }
}

/// An object of the file, and where it is.
private struct COCOMember {
  private let object: JSONObject
  private let path: String

  init(value: JSONValue, path: String) throws {
    self.path = path
    guard case .object(let object) = value else {
      throw DetectionError(.invalidFormat, "\(path.isEmpty ? "the file" : path) is no object")
    }
    self.object = object
  }

  func fault(_ key: String, _ words: String) -> DetectionError {
    DetectionError(.invalidFormat, "\(path.isEmpty ? "" : path + ".")\(key) \(words)")
  }

  func elements(_ key: String) throws -> [COCOMember] {
    guard case .array(let elements)? = object[key] else { throw fault(key, "is no array") }
    return try elements.enumerated().map {
      try COCOMember(value: $0.element, path: "\(key)[\($0.offset)]")
    }
  }

  func integer(_ key: String) throws -> Int {
    guard case .number(let number)? = object[key], let integer = number.integer else {
      throw fault(key, "is no whole number")
    }
    return integer
  }

  func text(_ key: String) throws -> String {
    guard case .string(let text)? = object[key] else { throw fault(key, "is no string") }
    return text
  }

  /// nil where the file does not say it.
  func size() throws -> PixelSize? {
    guard object["width"] != nil || object["height"] != nil else { return nil }
    return PixelSize(width: try integer("width"), height: try integer("height"))
  }

  func box(_ label: String) throws -> ExpectedBox {
    if case .number(let number)? = object["iscrowd"], number.integer != 0 {
      throw fault("iscrowd", "is set: a crowd is no object that must be found")
    }
    if let corners = try corners() {
      let oriented = OrientedBox(enclosing: corners)
      guard oriented.areaPixels > 0 else { throw fault("segmentation", "has no area") }
      // What detections without an orientation are compared with: as somebody drew it, where it is there.
      let box = object["bbox"] == nil ? oriented.enclosingBox : try plainBox()
      return ExpectedBox(label: label, box: box, orientedBox: oriented)
    }
    return ExpectedBox(label: label, box: try plainBox())
  }

  private func plainBox() throws -> BoundingBox {
    guard case .array(let elements)? = object["bbox"], elements.count == 4 else {
      throw fault("bbox", "is no array of x, y, width and height")
    }
    let numbers = try numbers(elements, "bbox")
    let box = BoundingBox(
      xMin: numbers[0], yMin: numbers[1], xMax: numbers[0] + numbers[2],
      yMax: numbers[1] + numbers[3])
    guard !box.isEmpty else { throw fault("bbox", "has no area") }
    return box
  }

  /// Of an oriented box; nil where the annotation has none.
  private func corners() throws -> [Point]? {
    guard case .array(let polygons)? = object["segmentation"], polygons.count == 1,
      case .array(let elements) = polygons[0], elements.count == 8
    else { return nil }
    let numbers = try numbers(elements, "segmentation")
    return (0..<4).map { Point(x: numbers[2 * $0], y: numbers[2 * $0 + 1]) }
  }

  /// The largest pictures have 8192 pixels a side; the bound keeps sums exact and finite.
  private func numbers(_ elements: [JSONValue], _ key: String) throws -> [Float] {
    try elements.map { element in
      guard case .number(let number) = element, abs(number.double) < 1e6 else {
        throw fault(key, "has something else than pixels")
      }
      return Float(number.double)
    }
  }
}
