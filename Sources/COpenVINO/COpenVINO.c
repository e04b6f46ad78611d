#include "COpenVINO.h"

#include <dlfcn.h>
#include <stdio.h>

int harrier_openvino_load(const char *path, harrier_openvino *table, char *error,
                          size_t error_size) {
  table->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (table->handle == NULL) {
    snprintf(error, error_size, "%s", dlerror());
    return -1;
  }
#define HARRIER_OPENVINO_RESOLVE(name)                                          \
  table->name = (__typeof__(name) *)dlsym(table->handle, #name);                \
  if (table->name == NULL) {                                                    \
    snprintf(error, error_size, "%s lacks the function %s", path, #name);       \
    dlclose(table->handle);                                                     \
    return -1;                                                                  \
  }
  HARRIER_OPENVINO_FUNCTIONS(HARRIER_OPENVINO_RESOLVE)
#undef HARRIER_OPENVINO_RESOLVE
  return 0;
}
