// Cairo and Pango; what Swift cannot import from them are the casting macros.
#ifndef HARRIER_CCAIRO_H
#define HARRIER_CCAIRO_H

#include <pango/pangocairo.h>

static inline void harrier_pango_layout_free(PangoLayout *layout) { g_object_unref(layout); }

#endif
