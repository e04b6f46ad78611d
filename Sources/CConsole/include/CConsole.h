// The files of the web console, as they lie in the folder Console.
#ifndef HARRIER_CCONSOLE_H
#define HARRIER_CCONSOLE_H

#include <stddef.h>

typedef struct {
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t count;
} harrier_console_file_t;

size_t harrier_console_file_count(void);

// `index` is below the count.
harrier_console_file_t harrier_console_file(size_t index);

#endif
