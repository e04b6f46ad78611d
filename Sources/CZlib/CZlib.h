// zlib's functions that begin a stream are macros, which Swift does not import.
#ifndef HARRIER_CZLIB_H
#define HARRIER_CZLIB_H

#include <zlib.h>

static inline int harrier_gzip_begin(z_stream *stream, int level) {
  const int window_bits = 15, gzip_header = 16, memory_level = 8;
  return deflateInit2(stream, level, Z_DEFLATED, window_bits + gzip_header, memory_level, Z_DEFAULT_STRATEGY);
}

#endif
