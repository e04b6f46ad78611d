// libpq, the client library of PostgreSQL.
#ifndef HARRIER_CPQ_H
#define HARRIER_CPQ_H

#include <libpq-fe.h>

#endif
