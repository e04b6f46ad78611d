import Jobs

/// The tables, and how older ones become them. Migrations only go forward; a published one never changes.
enum PostgresSchema {
  /// Number `n` is at position `n - 1`.
  static let migrations = [
    uploads, jobs, attempts, deliveries, secrets, requestsAndLogs, owners, keysAndUsage,
    models, comparisons, shadows, golden,
  ]

  /// Any number that is always the same: who holds it may migrate. Locks belong to one database.
  private static let lock = 4_892_341_007_113

  /// Brings the tables up to date, in one transaction: all of it or nothing. Others that start meanwhile wait.
  /// - Throws: `JobsError(.databaseError)` when the database is newer than this program.
  static func migrate(
    _ connection: PostgresConnection, upTo last: Int = migrations.count
  ) throws {
    try connection.execute(
      """
      SET LOCAL statement_timeout = 0;
      SELECT pg_advisory_xact_lock(\(lock));
      SET LOCAL client_min_messages = warning;
      CREATE TABLE IF NOT EXISTS schema_migration (
        number BIGINT PRIMARY KEY,
        applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
      )
      """)
    let newest = try connection.execute("SELECT COALESCE(MAX(number), 0) FROM schema_migration")
    let done: Int = try newest.first?[0] ?? 0
    guard done <= migrations.count else {
      throw JobsError(.databaseError, "The database was made by a newer version of Harrier")
    }
    guard done < last else { return }
    for number in (done + 1)...last {
      try connection.execute(migrations[number - 1])
      try connection.query("INSERT INTO schema_migration (number) VALUES ($1)", [number])
    }
  }

  /// Times are milliseconds since 1970, UTC. Ids sort by their bytes, whatever the database's language.
  private static let uploads = """
    CREATE TABLE upload (
      id TEXT COLLATE "C" PRIMARY KEY,
      created_ms BIGINT NOT NULL,
      expires_ms BIGINT NOT NULL
    );
    CREATE INDEX upload_by_expiry ON upload (expires_ms);

    CREATE TABLE file (
      id TEXT COLLATE "C" PRIMARY KEY,
      upload_id TEXT COLLATE "C" NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
      position BIGINT NOT NULL,
      filename TEXT NOT NULL,
      format TEXT NOT NULL CHECK (format IN ('JPEG', 'PNG', 'TIFF')),
      width BIGINT NOT NULL CHECK (width > 0),
      height BIGINT NOT NULL CHECK (height > 0),
      size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0),
      sha256 TEXT NOT NULL,
      blob_key TEXT NOT NULL,
      UNIQUE (upload_id, position)
    );
    """

  /// The constraints hold the state machine of `JobState`: ended states have an end and never change, and
  /// only a job that is processed has a worker.
  ///
  /// Each change that clients can see takes the next number of `change_counter`, in the transaction that makes it.
  /// Its row stays locked until that transaction is visible, so versions become visible in their order.
  private static let jobs = """
    CREATE TABLE job (
      id TEXT COLLATE "C" PRIMARY KEY,
      upload_id TEXT COLLATE "C" NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
      file_ids TEXT NOT NULL,
      configuration TEXT NOT NULL,
      priority BIGINT NOT NULL CHECK (priority BETWEEN 0 AND 2),
      megapixels DOUBLE PRECISION NOT NULL CHECK (megapixels >= 0),
      version BIGINT NOT NULL DEFAULT 0,
      state TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('queued', 'processing', 'completed', 'failed', 'cancelled')),
      attempt BIGINT NOT NULL DEFAULT 0 CHECK (attempt >= 0),
      deaths BIGINT NOT NULL DEFAULT 0 CHECK (deaths >= 0),
      token BIGINT NOT NULL DEFAULT 0,
      worker TEXT,
      lease_end_ms BIGINT,
      created_ms BIGINT NOT NULL,
      updated_ms BIGINT NOT NULL,
      due_ms BIGINT NOT NULL,
      estimated_ms BIGINT,
      started_ms BIGINT,
      ended_ms BIGINT,
      total_images BIGINT NOT NULL,
      processed_images BIGINT NOT NULL DEFAULT 0,
      failed_images BIGINT NOT NULL DEFAULT 0,
      percentage BIGINT NOT NULL DEFAULT 0 CHECK (percentage BETWEEN 0 AND 100),
      stage TEXT,
      summary TEXT,
      failure_code TEXT,
      failure_message TEXT,
      failure_details TEXT,
      callback_url TEXT,
      CHECK ((state IN ('completed', 'failed', 'cancelled')) = (ended_ms IS NOT NULL)),
      CHECK ((state = 'processing') = (worker IS NOT NULL)),
      CHECK ((worker IS NULL) = (lease_end_ms IS NULL)),
      CHECK (state <> 'failed' OR failure_code IS NOT NULL)
    );
    CREATE INDEX job_active ON job (priority DESC, id) WHERE state IN ('queued', 'processing');
    CREATE INDEX job_waiting ON job (created_ms) WHERE state = 'queued';
    CREATE INDEX job_leases ON job (lease_end_ms) WHERE state = 'processing';
    CREATE INDEX job_by_state ON job (state, id);
    CREATE INDEX job_by_upload ON job (upload_id, state);
    CREATE INDEX job_by_version ON job (version);
    CREATE INDEX job_measured ON job (ended_ms) WHERE state = 'completed' AND attempt = 1;

    CREATE TABLE change_counter (version BIGINT NOT NULL);
    INSERT INTO change_counter VALUES (0);

    CREATE FUNCTION job_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' THEN
        IF OLD.state IN ('completed', 'failed', 'cancelled') AND NEW.state <> OLD.state THEN
          RAISE EXCEPTION 'an ended job never changes' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.percentage < OLD.percentage THEN
          RAISE EXCEPTION 'the percentage never goes back' USING ERRCODE = 'check_violation';
        END IF;
        IF (OLD.state, OLD.attempt, OLD.due_ms, OLD.total_images, OLD.processed_images,
            OLD.failed_images, OLD.percentage, OLD.stage, OLD.summary)
          IS NOT DISTINCT FROM (NEW.state, NEW.attempt, NEW.due_ms, NEW.total_images,
            NEW.processed_images, NEW.failed_images, NEW.percentage, NEW.stage, NEW.summary) THEN
          RETURN NEW;
        END IF;
      END IF;
      UPDATE change_counter SET version = version + 1 RETURNING version INTO NEW.version;
      PERFORM pg_notify('harrier_change', '');
      IF NEW.state = 'queued' AND (TG_OP = 'INSERT' OR OLD.state <> 'queued') THEN
        PERFORM pg_notify('harrier_work', '');
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER job_change BEFORE INSERT OR UPDATE ON job
      FOR EACH ROW EXECUTE FUNCTION job_change();

    CREATE TABLE idempotency_key (
      caller TEXT NOT NULL,
      key TEXT NOT NULL,
      body_hash TEXT NOT NULL,
      job_id TEXT COLLATE "C" NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      created_ms BIGINT NOT NULL,
      PRIMARY KEY (caller, key)
    );
    CREATE INDEX idempotency_key_by_age ON idempotency_key (created_ms);
    CREATE INDEX idempotency_key_by_job ON idempotency_key (job_id);
    """

  /// An attempt is known by the fencing token of its claim.
  private static let attempts = """
    CREATE TABLE attempt (
      job_id TEXT COLLATE "C" NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      token BIGINT NOT NULL,
      number BIGINT NOT NULL CHECK (number > 0),
      worker TEXT NOT NULL,
      started_ms BIGINT NOT NULL,
      ended_ms BIGINT,
      outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN
        ('running', 'completed', 'retried', 'failed', 'released', 'cancelled', 'lost')),
      failure_code TEXT,
      failure_message TEXT,
      failure_details TEXT,
      file_in_hand TEXT COLLATE "C",
      PRIMARY KEY (job_id, token),
      CHECK ((outcome = 'running') = (ended_ms IS NULL))
    );

    CREATE TABLE worker (
      id TEXT COLLATE "C" PRIMARY KEY,
      seen_ms BIGINT NOT NULL,
      progressed_ms BIGINT NOT NULL
    );

    CREATE TABLE checkpoint (
      job_id TEXT COLLATE "C" NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      file_id TEXT COLLATE "C" NOT NULL,
      key TEXT COLLATE "C" NOT NULL,
      PRIMARY KEY (job_id, file_id, key)
    );

    CREATE TABLE image_record (
      job_id TEXT COLLATE "C" NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      file_id TEXT COLLATE "C" NOT NULL,
      result_key TEXT,
      annotated_key TEXT,
      thumbnail_key TEXT,
      detection_count BIGINT NOT NULL CHECK (detection_count >= 0),
      failure_code TEXT,
      failure_message TEXT,
      failure_details TEXT,
      PRIMARY KEY (job_id, file_id),
      CHECK ((result_key IS NULL) <> (failure_code IS NULL))
    );
    CREATE INDEX image_record_pictures ON image_record (file_id, job_id)
      WHERE annotated_key IS NOT NULL;
    """

  /// The outbox of the jobs' ends. Only a delivery that is pending is due or leased, what is delivered was
  /// answered so, and what has failed says why.
  private static let deliveries = """
    CREATE TABLE delivery (
      id TEXT COLLATE "C" PRIMARY KEY,
      job_id TEXT COLLATE "C" NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      event TEXT COLLATE "C" NOT NULL
        CHECK (event IN ('job.completed', 'job.failed', 'job.cancelled')),
      url TEXT NOT NULL,
      created_ms BIGINT NOT NULL,
      state TEXT COLLATE "C" NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'delivered', 'failed')),
      attempts BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
      due_ms BIGINT,
      lease_end_ms BIGINT,
      last_attempt_ms BIGINT,
      response_status BIGINT CHECK (response_status BETWEEN 0 AND 999),
      error TEXT,
      UNIQUE (job_id, event),
      CHECK ((state = 'pending') = (due_ms IS NOT NULL)),
      CHECK (state = 'pending' OR lease_end_ms IS NULL),
      CHECK ((attempts = 0) = (last_attempt_ms IS NULL)),
      CHECK (state <> 'delivered'
        OR (response_status IS NOT NULL AND response_status BETWEEN 200 AND 299)),
      CHECK (state <> 'failed' OR error IS NOT NULL)
    );
    CREATE INDEX delivery_due ON delivery (due_ms, id) WHERE state = 'pending';

    CREATE FUNCTION delivery_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.state <> 'pending' AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'an ended delivery never changes' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER delivery_change BEFORE UPDATE OF state ON delivery
      FOR EACH ROW EXECUTE FUNCTION delivery_change();
    """

  /// What the processes of an installation share and nobody else is told.
  private static let secrets = """
    CREATE TABLE secret (
      name TEXT COLLATE "C" PRIMARY KEY,
      value TEXT NOT NULL
    );
    """

  /// Which request started a job, which job is due first, and what has happened to each.
  private static let requestsAndLogs = """
    ALTER TABLE job ADD COLUMN request_id TEXT, ADD COLUMN trace_parent TEXT;
    DROP INDEX job_waiting;
    CREATE INDEX job_due ON job (due_ms) WHERE state = 'queued';

    CREATE TABLE job_log (
      job_id TEXT COLLATE "C" NOT NULL REFERENCES job (id) ON DELETE CASCADE,
      number BIGINT NOT NULL CHECK (number > 0),
      time_ms BIGINT NOT NULL,
      level TEXT COLLATE "C" NOT NULL CHECK (level IN ('info', 'warning', 'error')),
      source TEXT COLLATE "C" NOT NULL CHECK (source IN ('api', 'worker')),
      attempt BIGINT,
      message TEXT NOT NULL,
      details TEXT,
      PRIMARY KEY (job_id, number)
    );
    """

  /// Whose uploads and jobs they are. A queued job is in `job_free` or, when its owner may have only so many processed at
  /// once, in `job_lanes`: all that one owner may start under one limit. Workers are told when such a job may have
  /// become claimable.
  private static let owners = """
    ALTER TABLE upload ADD COLUMN owner TEXT COLLATE "C";
    CREATE FUNCTION upload_owner_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.owner IS DISTINCT FROM OLD.owner THEN
        RAISE EXCEPTION 'the owner never changes' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER upload_owner_change BEFORE UPDATE OF owner ON upload
      FOR EACH ROW EXECUTE FUNCTION upload_owner_change();

    ALTER TABLE job ADD COLUMN owner TEXT COLLATE "C", ADD COLUMN running_limit BIGINT
      CHECK (running_limit IS NULL OR (running_limit >= 0 AND owner IS NOT NULL));
    CREATE INDEX job_by_owner ON job (owner, id) WHERE owner IS NOT NULL;
    CREATE INDEX job_by_owner_state ON job (owner, state, id) WHERE owner IS NOT NULL;
    CREATE INDEX job_free ON job (priority DESC, id)
      WHERE state = 'queued' AND running_limit IS NULL;
    CREATE INDEX job_lanes ON job (owner, running_limit, priority DESC, id)
      WHERE state = 'queued' AND running_limit IS NOT NULL;

    CREATE OR REPLACE FUNCTION job_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' THEN
        IF OLD.state IN ('completed', 'failed', 'cancelled') AND NEW.state <> OLD.state THEN
          RAISE EXCEPTION 'an ended job never changes' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.percentage < OLD.percentage THEN
          RAISE EXCEPTION 'the percentage never goes back' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.owner IS DISTINCT FROM OLD.owner THEN
          RAISE EXCEPTION 'the owner never changes' USING ERRCODE = 'check_violation';
        END IF;
        IF (OLD.state, OLD.attempt, OLD.due_ms, OLD.total_images, OLD.processed_images,
            OLD.failed_images, OLD.percentage, OLD.stage, OLD.summary)
          IS NOT DISTINCT FROM (NEW.state, NEW.attempt, NEW.due_ms, NEW.total_images,
            NEW.processed_images, NEW.failed_images, NEW.percentage, NEW.stage, NEW.summary) THEN
          RETURN NEW;
        END IF;
      END IF;
      UPDATE change_counter SET version = version + 1 RETURNING version INTO NEW.version;
      PERFORM pg_notify('harrier_change', '');
      IF NEW.state = 'queued' AND (TG_OP = 'INSERT' OR OLD.state <> 'queued') THEN
        PERFORM pg_notify('harrier_work', '');
      ELSIF TG_OP = 'UPDATE' AND OLD.state = 'processing' AND NEW.state <> 'processing'
        AND NEW.owner IS NOT NULL AND EXISTS (SELECT 1 FROM job
          WHERE owner = NEW.owner AND state = 'queued' AND running_limit IS NOT NULL) THEN
        PERFORM pg_notify('harrier_work', '');
      END IF;
      RETURN NEW;
    END $$;
    """

  /// Keys without their secrets, and what each caller has used of a day's share.
  private static let keysAndUsage = """
    CREATE TABLE api_key (
      id TEXT COLLATE "C" PRIMARY KEY,
      name TEXT NOT NULL,
      owner TEXT COLLATE "C" NOT NULL,
      scopes TEXT NOT NULL,
      requests_per_minute BIGINT CHECK (requests_per_minute >= 0),
      bytes_per_day BIGINT CHECK (bytes_per_day >= 0),
      queued_jobs BIGINT CHECK (queued_jobs >= 0),
      running_jobs BIGINT CHECK (running_jobs >= 0),
      secret_hash TEXT NOT NULL CHECK (secret_hash ~ '^[0-9a-f]{64}$'),
      created_ms BIGINT NOT NULL,
      expires_ms BIGINT,
      revoked_ms BIGINT,
      last_used_ms BIGINT
    );
    CREATE FUNCTION api_key_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.revoked_ms IS NOT NULL AND NEW.revoked_ms IS DISTINCT FROM OLD.revoked_ms THEN
        RAISE EXCEPTION 'a revoked key stays so' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER api_key_change BEFORE UPDATE OF revoked_ms ON api_key
      FOR EACH ROW EXECUTE FUNCTION api_key_change();

    CREATE TABLE byte_usage (
      account TEXT COLLATE "C" NOT NULL,
      day BIGINT NOT NULL,
      bytes BIGINT NOT NULL CHECK (bytes >= 0),
      PRIMARY KEY (account, day)
    );
    CREATE INDEX byte_usage_by_day ON byte_usage (day);
    """
}
