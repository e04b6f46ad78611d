// libarchive, which writes the ZIP exports.
#ifndef HARRIER_CARCHIVE_H
#define HARRIER_CARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#endif
