import GRDB

/// The tables, and how older ones become them. Migrations only go forward; a published one never changes.
enum SQLiteSchema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: uploads, jobs, records") { database in
      try database.execute(sql: uploads)
      try database.execute(sql: jobs)
      try database.execute(sql: records)
    }
    migrator.registerMigration("2: attempts, checkpoints") { database in
      try database.execute(sql: attempts)
    }
    migrator.registerMigration("3: webhooks") { try $0.execute(sql: deliveries) }
    migrator.registerMigration("4: requests, logs") { try $0.execute(sql: requestsAndLogs) }
    migrator.registerMigration("5: owners, keys, usage") { database in
      try database.execute(sql: owners)
      try database.execute(sql: keysAndUsage)
    }
    migrator.registerMigration("6: models") { try $0.execute(sql: models) }
    migrator.registerMigration("7: comparisons") { try $0.execute(sql: comparisons) }
    migrator.registerMigration("8: shadows") { try $0.execute(sql: shadows) }
    migrator.registerMigration("9: golden pictures") { try $0.execute(sql: golden) }
    return migrator
  }

  /// Times are milliseconds since 1970, UTC.
  private static let uploads = """
    CREATE TABLE upload (
      id TEXT PRIMARY KEY NOT NULL,
      created_ms INTEGER NOT NULL,
      expires_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX upload_by_expiry ON upload (expires_ms);

    CREATE TABLE file (
      id TEXT PRIMARY KEY NOT NULL,
      upload_id TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      filename TEXT NOT NULL,
      format TEXT NOT NULL CHECK (format IN ('JPEG', 'PNG', 'TIFF')),
      width INTEGER NOT NULL CHECK (width > 0),
      height INTEGER NOT NULL CHECK (height > 0),
      size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
      sha256 TEXT NOT NULL,
      blob_key TEXT NOT NULL,
      UNIQUE (upload_id, position)
    ) STRICT, WITHOUT ROWID;
    """

  /// The constraints hold the state machine of `JobState`: ended states have an end and never change, and
  /// only a job that is processed has a worker.
  ///
  /// Each change that clients can see takes the next number of `change_counter`, in the transaction that
  /// makes it: SQLite has one writer, so versions become visible in their order.
  private static let jobs = """
    CREATE TABLE job (
      id TEXT PRIMARY KEY NOT NULL,
      upload_id TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
      file_ids TEXT NOT NULL,
      configuration TEXT NOT NULL,
      priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 2),
      megapixels REAL NOT NULL CHECK (megapixels >= 0),
      version INTEGER NOT NULL DEFAULT 0,
      state TEXT NOT NULL
        CHECK (state IN ('queued', 'processing', 'completed', 'failed', 'cancelled')),
      attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
      deaths INTEGER NOT NULL DEFAULT 0 CHECK (deaths >= 0),
      token INTEGER NOT NULL DEFAULT 0,
      worker TEXT,
      lease_end_ms INTEGER,
      created_ms INTEGER NOT NULL,
      updated_ms INTEGER NOT NULL,
      due_ms INTEGER NOT NULL,
      estimated_ms INTEGER,
      started_ms INTEGER,
      ended_ms INTEGER,
      total_images INTEGER NOT NULL,
      processed_images INTEGER NOT NULL DEFAULT 0,
      failed_images INTEGER NOT NULL DEFAULT 0,
      percentage INTEGER NOT NULL DEFAULT 0 CHECK (percentage BETWEEN 0 AND 100),
      stage TEXT,
      summary TEXT,
      failure_code TEXT,
      failure_message TEXT,
      failure_details TEXT,
      CHECK ((state IN ('completed', 'failed', 'cancelled')) = (ended_ms IS NOT NULL)),
      CHECK ((state = 'processing') = (worker IS NOT NULL)),
      CHECK ((worker IS NULL) = (lease_end_ms IS NULL)),
      CHECK (state <> 'failed' OR failure_code IS NOT NULL)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX job_queue ON job (priority DESC, id) WHERE state = 'queued';
    CREATE INDEX job_leases ON job (lease_end_ms) WHERE state = 'processing';
    CREATE INDEX job_by_state ON job (state, id);
    CREATE INDEX job_by_upload ON job (upload_id, state);
    CREATE INDEX job_by_version ON job (version);
    CREATE INDEX job_measured ON job (ended_ms) WHERE state = 'completed' AND attempt = 1;
    CREATE TRIGGER job_ended_states_never_change BEFORE UPDATE OF state ON job
      WHEN OLD.state IN ('completed', 'failed', 'cancelled') AND NEW.state <> OLD.state
      BEGIN SELECT RAISE(ABORT, 'an ended job never changes'); END;
    CREATE TRIGGER job_percentage_never_goes_back BEFORE UPDATE OF percentage ON job
      WHEN NEW.percentage < OLD.percentage
      BEGIN SELECT RAISE(ABORT, 'the percentage never goes back'); END;

    CREATE TABLE change_counter (version INTEGER NOT NULL) STRICT;
    INSERT INTO change_counter VALUES (0);
    CREATE TRIGGER job_inserted_version AFTER INSERT ON job
      BEGIN
        UPDATE change_counter SET version = version + 1;
        UPDATE job SET version = (SELECT version FROM change_counter) WHERE id = NEW.id;
      END;
    CREATE TRIGGER job_changed_version
      AFTER UPDATE OF state, attempt, due_ms, total_images, processed_images, failed_images,
        percentage, stage, summary ON job
      WHEN (OLD.state, OLD.attempt, OLD.due_ms, OLD.total_images, OLD.processed_images,
          OLD.failed_images, OLD.percentage, OLD.stage, OLD.summary)
        IS NOT (NEW.state, NEW.attempt, NEW.due_ms, NEW.total_images, NEW.processed_images,
          NEW.failed_images, NEW.percentage, NEW.stage, NEW.summary)
      BEGIN
        UPDATE change_counter SET version = version + 1;
        UPDATE job SET version = (SELECT version FROM change_counter) WHERE id = NEW.id;
      END;

    CREATE TABLE worker (
      id TEXT PRIMARY KEY NOT NULL,
      seen_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE idempotency_key (
      caller TEXT NOT NULL,
      key TEXT NOT NULL,
      body_hash TEXT NOT NULL,
      job_id TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      created_ms INTEGER NOT NULL,
      PRIMARY KEY (caller, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX idempotency_key_by_age ON idempotency_key (created_ms);
    CREATE INDEX idempotency_key_by_job ON idempotency_key (job_id);
    """

  /// An attempt is known by the fencing token of its claim. Workers say anew that they live, every few seconds.
  private static let attempts = """
    CREATE TABLE attempt (
      job_id TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      token INTEGER NOT NULL,
      number INTEGER NOT NULL CHECK (number > 0),
      worker TEXT NOT NULL,
      started_ms INTEGER NOT NULL,
      ended_ms INTEGER,
      outcome TEXT NOT NULL CHECK (outcome IN
        ('running', 'completed', 'retried', 'failed', 'released', 'cancelled', 'lost')),
      failure_code TEXT,
      failure_message TEXT,
      failure_details TEXT,
      file_in_hand TEXT,
      PRIMARY KEY (job_id, token),
      CHECK ((outcome = 'running') = (ended_ms IS NULL))
    ) STRICT, WITHOUT ROWID;

    DROP TABLE worker;
    CREATE TABLE worker (
      id TEXT PRIMARY KEY NOT NULL,
      seen_ms INTEGER NOT NULL,
      progressed_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE checkpoint (
      job_id TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      file_id TEXT NOT NULL,
      key TEXT NOT NULL,
      PRIMARY KEY (job_id, file_id, key)
    ) STRICT, WITHOUT ROWID;
    """

  private static let records = """
    CREATE TABLE image_record (
      job_id TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      file_id TEXT NOT NULL,
      result_key TEXT,
      annotated_key TEXT,
      thumbnail_key TEXT,
      detection_count INTEGER NOT NULL CHECK (detection_count >= 0),
      failure_code TEXT,
      failure_message TEXT,
      failure_details TEXT,
      PRIMARY KEY (job_id, file_id),
      CHECK ((result_key IS NULL) <> (failure_code IS NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX image_record_pictures ON image_record (file_id, job_id)
      WHERE annotated_key IS NOT NULL;
    """

  /// The outbox of the jobs' ends. Only a delivery that is pending is due or leased, what is delivered was
  /// answered so, and what has failed says why.
  private static let deliveries = """
    ALTER TABLE job ADD COLUMN callback_url TEXT;

    CREATE TABLE delivery (
      id TEXT PRIMARY KEY NOT NULL,
      job_id TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      event TEXT NOT NULL CHECK (event IN ('job.completed', 'job.failed', 'job.cancelled')),
      url TEXT NOT NULL,
      created_ms INTEGER NOT NULL,
      state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
      attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
      due_ms INTEGER,
      lease_end_ms INTEGER,
      last_attempt_ms INTEGER,
      response_status INTEGER CHECK (response_status BETWEEN 0 AND 999),
      error TEXT,
      UNIQUE (job_id, event),
      CHECK ((state = 'pending') = (due_ms IS NOT NULL)),
      CHECK (state = 'pending' OR lease_end_ms IS NULL),
      CHECK ((attempts = 0) = (last_attempt_ms IS NULL)),
      CHECK (state <> 'delivered'
        OR (response_status IS NOT NULL AND response_status BETWEEN 200 AND 299)),
      CHECK (state <> 'failed' OR error IS NOT NULL)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX delivery_due ON delivery (due_ms, id) WHERE state = 'pending';
    CREATE TRIGGER delivery_ended_states_never_change BEFORE UPDATE OF state ON delivery
      WHEN OLD.state <> 'pending' AND NEW.state <> OLD.state
      BEGIN SELECT RAISE(ABORT, 'an ended delivery never changes'); END;
    """

  /// Which request started a job, which job is due first, and what has happened to each.
  private static let requestsAndLogs = """
    ALTER TABLE job ADD COLUMN request_id TEXT;
    ALTER TABLE job ADD COLUMN trace_parent TEXT;
    CREATE INDEX job_due ON job (state, due_ms) WHERE state = 'queued';

    CREATE TABLE job_log (
      job_id TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      number INTEGER NOT NULL CHECK (number > 0),
      time_ms INTEGER NOT NULL,
      level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
      source TEXT NOT NULL CHECK (source IN ('api', 'worker')),
      attempt INTEGER,
      message TEXT NOT NULL,
      details TEXT,
      PRIMARY KEY (job_id, number)
    ) STRICT, WITHOUT ROWID;
    """

  /// Whose uploads and jobs they are. A queued job is in `job_free` or, when its owner may have only so many processed at
  /// once, in `job_lanes`: all that one owner may start under one limit.
  private static let owners = """
    ALTER TABLE upload ADD COLUMN owner TEXT;
    CREATE TRIGGER upload_owner_never_changes BEFORE UPDATE OF owner ON upload
      WHEN NEW.owner IS NOT OLD.owner
      BEGIN SELECT RAISE(ABORT, 'the owner never changes'); END;

    ALTER TABLE job ADD COLUMN owner TEXT;
    ALTER TABLE job ADD COLUMN running_limit INTEGER
      CHECK (running_limit IS NULL OR (running_limit >= 0 AND owner IS NOT NULL));
    CREATE INDEX job_by_owner ON job (owner, id) WHERE owner IS NOT NULL;
    CREATE INDEX job_by_owner_state ON job (owner, state, id) WHERE owner IS NOT NULL;
    CREATE INDEX job_free ON job (priority DESC, id)
      WHERE state = 'queued' AND running_limit IS NULL;
    CREATE INDEX job_lanes ON job (owner, running_limit, priority DESC, id)
      WHERE state = 'queued' AND running_limit IS NOT NULL;
    CREATE TRIGGER job_owner_never_changes BEFORE UPDATE OF owner ON job
      WHEN NEW.owner IS NOT OLD.owner
      BEGIN SELECT RAISE(ABORT, 'the owner never changes'); END;
    """

  /// Keys without their secrets, and what each caller has used of a day's share.
  private static let keysAndUsage = """
    CREATE TABLE api_key (
      id TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      owner TEXT NOT NULL,
      scopes TEXT NOT NULL,
      requests_per_minute INTEGER CHECK (requests_per_minute >= 0),
      bytes_per_day INTEGER CHECK (bytes_per_day >= 0),
      queued_jobs INTEGER CHECK (queued_jobs >= 0),
      running_jobs INTEGER CHECK (running_jobs >= 0),
      secret_hash TEXT NOT NULL
        CHECK (length(secret_hash) = 64 AND secret_hash NOT GLOB '*[^0-9a-f]*'),
      created_ms INTEGER NOT NULL,
      expires_ms INTEGER,
      revoked_ms INTEGER,
      last_used_ms INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER api_key_stays_revoked BEFORE UPDATE OF revoked_ms ON api_key
      WHEN OLD.revoked_ms IS NOT NULL AND NEW.revoked_ms IS NOT OLD.revoked_ms
      BEGIN SELECT RAISE(ABORT, 'a revoked key stays so'); END;

    CREATE TABLE byte_usage (
      account TEXT NOT NULL,
      day INTEGER NOT NULL,
      bytes INTEGER NOT NULL CHECK (bytes >= 0),
      PRIMARY KEY (account, day)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX byte_usage_by_day ON byte_usage (day);
    """
}
