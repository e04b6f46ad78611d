// The Python programs that convert models, as they lie in the folder Conversion.
#ifndef HARRIER_CCONVERSION_H
#define HARRIER_CCONVERSION_H

#include <stddef.h>

typedef struct {
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t count;
} harrier_conversion_file_t;

size_t harrier_conversion_file_count(void);

// `index` is below the count.
harrier_conversion_file_t harrier_conversion_file(size_t index);

#endif
