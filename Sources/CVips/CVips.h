// What Swift cannot import from libvips: functions with variable arguments, and macros.
#ifndef HARRIER_CVIPS_H
#define HARRIER_CVIPS_H

#include <vips/vips.h>

static inline int harrier_vips_init(const char *program) { return VIPS_INIT(program); }

static inline VipsImage *harrier_vips_open_jpeg(const char *path, VipsFailOn fail_on) {
  VipsImage *out = NULL;
  vips_jpegload(path, &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
  return out;
}

static inline VipsImage *harrier_vips_open_png(const char *path) {
  VipsImage *out = NULL;
  vips_pngload(path, &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED,
               NULL);
  return out;
}

/// The first page only.
static inline VipsImage *harrier_vips_open_tiff(const char *path) {
  VipsImage *out = NULL;
  vips_tiffload(path, &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED,
                NULL);
  return out;
}

static inline int harrier_vips_bandjoin(VipsImage **in, VipsImage **out, int count) {
  return vips_bandjoin(in, out, count, NULL);
}

/// First byte of a row of a region that is ready; the row holds the region's width.
static inline const unsigned char *harrier_vips_region_row(VipsRegion *region, int x, int y) {
  return (const unsigned char *)VIPS_REGION_ADDR(region, x, y);
}

/// Lays the image over a background of `white` in every band and drops its alpha band.
static inline int harrier_vips_flatten(VipsImage *in, VipsImage **out, double white) {
  VipsArrayDouble *background = vips_array_double_newv(1, white);
  int result = vips_flatten(in, out, "background", background, "max_alpha", white, NULL);
  vips_area_unref(VIPS_AREA(background));
  return result;
}

static inline int harrier_vips_extract(VipsImage *in, VipsImage **out, int band, int count) {
  return vips_extract_band(in, out, band, "n", count, NULL);
}

static inline int harrier_vips_multiply(VipsImage *left, VipsImage *right, VipsImage **out) {
  return vips_multiply(left, right, out, NULL);
}

/// `in * factor + offset` as bytes, clipped to 0...255.
static inline int harrier_vips_linear_uchar(VipsImage *in, VipsImage **out, double factor,
                                            double offset) {
  return vips_linear1(in, out, factor, offset, "uchar", TRUE, NULL);
}

/// The upper byte of 16-bit samples.
static inline int harrier_vips_upper_byte(VipsImage *in, VipsImage **out) {
  return vips_cast(in, out, VIPS_FORMAT_UCHAR, "shift", TRUE, NULL);
}

static inline VipsImage *harrier_vips_wrap_rgb(const void *bytes, size_t count, int width,
                                               int height) {
  VipsImage *image =
      vips_image_new_from_memory(bytes, count, width, height, 3, VIPS_FORMAT_UCHAR);
  if (image != NULL) image->Type = VIPS_INTERPRETATION_sRGB;
  return image;
}

static inline int harrier_vips_write_jpeg(VipsImage *in, const char *path, int quality) {
  return vips_jpegsave(in, path, "Q", quality, "optimize_coding", FALSE, "strip", TRUE, NULL);
}

static inline int harrier_vips_write_png(VipsImage *in, const char *path, int compression) {
  return vips_pngsave(in, path, "compression", compression, "strip", TRUE, NULL);
}

/// Shrinks so that the image fits into `longest` x `longest`; never enlarges.
static inline int harrier_vips_thumbnail(VipsImage *in, VipsImage **out, int longest) {
  return vips_thumbnail_image(in, out, longest, "height", longest, "size", VIPS_SIZE_DOWN, NULL);
}

static inline void harrier_vips_unref(VipsImage *image) { g_object_unref(image); }

#endif
