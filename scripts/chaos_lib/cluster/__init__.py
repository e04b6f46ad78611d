"""What is particular to a service of several processes on PostgreSQL, Redis and S3."""
