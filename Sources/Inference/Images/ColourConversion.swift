import CVips
import ObjectDetection

/// Any pixels that libvips reads, as 8-bit RGB, computed while they stream by.
///
/// Colours are those that Pillow and OpenCV hand to a model: embedded profiles are not applied, CMYK is
/// converted by the simple product, 16-bit samples keep their upper byte. Transparency is laid over white.
struct ColourConversion {
  let source: VipsHandle
  let header: ImageHeader
  let file: ImageFile

  func rgb() throws -> VipsHandle {
    var image = source
    switch image.format {
    case VIPS_FORMAT_UCHAR: break
    case VIPS_FORMAT_USHORT: image = try sixteenToEight(image)
    default: throw file.unsupportedSamples
    }
    if source.interpretation == VIPS_INTERPRETATION_CMYK, image.bands >= 4 {
      return try fromCMYK(image)
    }
    switch image.bands {
    case 1: return try fromGrey(image)
    case 2: return try fromGrey(try withoutSecondaryBands(image, colours: 1))
    case 3: return image
    default: return try withoutSecondaryBands(image, colours: 3)
    }
  }

  private func sixteenToEight(_ image: VipsHandle) throws -> VipsHandle {
    try image.applying(orThrow: file.corrupted, harrier_vips_upper_byte)
  }

  /// Three equal bands.
  private func fromGrey(_ image: VipsHandle) throws -> VipsHandle {
    try image.applying(orThrow: file.corrupted) { input, output in
      var copies: [UnsafeMutablePointer<VipsImage>?] = [input, input, input]
      return harrier_vips_bandjoin(&copies, output, 3)
    }
  }

  /// Alpha goes over white; TIFF bands that are no alpha (near infrared ...) are left out.
  private func withoutSecondaryBands(_ image: VipsHandle, colours: Int) throws -> VipsHandle {
    guard image.bands == colours + 1, header.hasAlpha else {
      return try image.applying(orThrow: file.corrupted) {
        harrier_vips_extract($0, $1, 0, Int32(colours))
      }
    }
    return try image.applying(orThrow: file.corrupted) { harrier_vips_flatten($0, $1, 255) }
  }

  /// (255 - C)(255 - K) / 255, as Pillow.
  private func fromCMYK(_ image: VipsHandle) throws -> VipsHandle {
    let inverted = try image.applying(orThrow: file.corrupted) {
      harrier_vips_linear_uchar($0, $1, -1, 255)
    }
    let colours = try inverted.applying(orThrow: file.corrupted) {
      harrier_vips_extract($0, $1, 0, 3)
    }
    let black = try inverted.applying(orThrow: file.corrupted) {
      harrier_vips_extract($0, $1, 3, 1)
    }
    let product = try colours.applying(orThrow: file.corrupted) {
      harrier_vips_multiply($0, black.image, $1)
    }
    return try product.applying(orThrow: file.corrupted) {
      harrier_vips_linear_uchar($0, $1, 1.0 / 255, 0.5)
    }
  }
}
