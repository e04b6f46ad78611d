// Backends: the stores behind the ports of Jobs (SQLite, a directory; PostgreSQL, Redis, S3). They start
// with the service.
