import COpenVINO
import Foundation
public import ObjectDetection
import Synchronization

/// The OpenVINO libraries, loaded once a process, and their core.
///
/// `@unchecked Sendable` because the function table is written only by the initializer, and OpenVINO's
/// core may be used from several threads at once (docs.openvino.ai, "Core").
public final class OpenVINORuntime: @unchecked Sendable {
  /// The library that the pinned wheel carries; its name is its SONAME.
  public static let libraryName = "libopenvino_c.so.2641"

  let api: harrier_openvino
  let core: OpaquePointer
  /// Where the library was found.
  public let libraryPath: String

  /// - Parameter directories: where to look for the library, in this order; then the system's own folders.
  /// - Throws: `DetectionError(.modelLoadError)` when the library is missing or too old.
  public init(searching directories: [String]) throws {
    let candidates = directories.map { "\($0)/\(Self.libraryName)" }
    let path = candidates.first { FileManager.default.fileExists(atPath: $0) } ?? Self.libraryName
    var api = harrier_openvino()
    var message = [UInt8](repeating: 0, count: 512)
    let status = message.withUnsafeMutableBytes {
      harrier_openvino_load(
        path, &api, $0.assumingMemoryBound(to: CChar.self).baseAddress, $0.count)
    }
    guard status == 0 else {
      let reason = String(decoding: message.prefix { $0 != 0 }, as: UTF8.self)
      throw DetectionError(
        .modelLoadError,
        "OpenVINO is not installed: run scripts/setup, or set HARRIER_OPENVINO_DIR to the folder of "
          + Self.libraryName, cause: reason)
    }
    self.api = api
    libraryPath = path
    var core: OpaquePointer?
    guard api.ov_core_create(&core) == OK, let core else {
      throw DetectionError(.modelLoadError, "OpenVINO could not be started")
    }
    self.core = core
  }

  // The libraries stay loaded: their threads may outlive the core.
  deinit { api.ov_core_free(core) }

  /// OpenVINO's version and build, as "2026.4.1-...".
  public var version: String {
    var version = ov_version_t()
    guard api.ov_get_openvino_version(&version) == OK else { return "unknown" }
    defer { api.ov_version_free(&version) }
    return version.buildNumber.map { String(cString: $0) } ?? "unknown"
  }

  /// Devices that can be used, such as `CPU` or `GPU.0`.
  public func devices() throws -> [String] {
    var list = ov_available_devices_t()
    try check(api.ov_core_get_available_devices(core, &list), "list the devices")
    defer { api.ov_available_devices_free(&list) }
    return (0..<Int(list.size)).compactMap { list.devices[$0].map { String(cString: $0) } }
  }

  /// A property of a device, such as `FULL_DEVICE_NAME` or `OPTIMIZATION_CAPABILITIES`.
  public func property(_ key: String, of device: String) throws -> String {
    var value: UnsafeMutablePointer<CChar>?
    try check(
      api.ov_core_get_property(core, device, key, &value), "use the device \(device)")
    defer { if let value { api.ov_free(value) } }
    return value.map { String(cString: $0) } ?? ""
  }

  /// Whether `precision` is among the device's capabilities.
  public func supports(_ precision: InferencePrecision, on device: String) throws -> Bool {
    try property("OPTIMIZATION_CAPABILITIES", of: device)
      .split(separator: " ").contains { $0 == precision.capability }
  }

  /// Throws unless the call succeeded. To be called on the line after it.
  func check(
    _ status: ov_status_e, _ action: String, _ code: DetectionError.Code = .modelLoadError
  ) throws {
    guard status == OK else { throw error(status, action, code) }
  }

  func error(
    _ status: ov_status_e, _ action: String, _ code: DetectionError.Code
  ) -> DetectionError {
    let kind = api.ov_get_error_info(status).map { String(cString: $0) } ?? "\(status)"
    // One text for the whole process: with several failures at once it may be another one's.
    let detail = (api.ov_get_last_err_msg().map { String(cString: $0) } ?? "")
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return DetectionError(
      code, "OpenVINO could not \(action)", cause: detail.isEmpty ? kind : "\(kind): \(detail)")
  }

  /// Calls a function that hands out an object through its last argument.
  func create(
    _ action: String, _ code: DetectionError.Code = .modelLoadError,
    _ call: (UnsafeMutablePointer<OpaquePointer?>) -> ov_status_e
  ) throws -> OpaquePointer {
    var object: OpaquePointer?
    try check(call(&object), action, code)
    guard let object else { throw DetectionError(code, "OpenVINO could not \(action)") }
    return object
  }
}
