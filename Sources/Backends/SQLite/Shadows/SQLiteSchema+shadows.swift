extension SQLiteSchema {
  /// Which candidate runs beside which model, and the pairs of jobs that came of it. Results stay when their jobs go, so
  /// no foreign key ties them.
  ///
  /// The numbers of the queue and of its speed are those of jobs that somebody waits for, so their indexes leave shadows
  /// out. `is_shadow` is in the first one only so that no row is read.
  ///
  /// `job_due` and `job_measured`, in whose place they are, stay: an older program that still runs names them in its
  /// queries. A later migration drops them.
  static let shadows = """
    CREATE TABLE model_shadow (
      name TEXT PRIMARY KEY NOT NULL REFERENCES model (name),
      candidate TEXT NOT NULL CHECK (length(candidate) BETWEEN 1 AND 32),
      share REAL NOT NULL CHECK (share > 0 AND share <= 1),
      set_ms INTEGER NOT NULL,
      set_by TEXT
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE shadow_result (
      shadow_job_id TEXT PRIMARY KEY NOT NULL,
      base_job_id TEXT NOT NULL,
      name TEXT NOT NULL,
      base INTEGER NOT NULL CHECK (base > 0),
      candidate INTEGER NOT NULL CHECK (candidate > 0 AND candidate <> base),
      outcome TEXT NOT NULL CHECK (outcome IN ('pending', 'compared', 'failed')),
      due_ms INTEGER,
      ended_ms INTEGER,
      figures TEXT,
      failed_side TEXT CHECK (failed_side IN ('base', 'candidate')),
      failure_code TEXT,
      failure_message TEXT,
      CHECK ((outcome = 'pending') = (due_ms IS NOT NULL)),
      CHECK ((outcome = 'pending') = (ended_ms IS NULL)),
      CHECK ((outcome = 'compared') = (figures IS NOT NULL)),
      CHECK ((outcome = 'failed') = (failed_side IS NOT NULL)),
      CHECK ((failed_side IS NULL) = (failure_code IS NULL)),
      CHECK ((failed_side IS NULL) = (failure_message IS NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX shadow_result_due ON shadow_result (due_ms, shadow_job_id)
      WHERE outcome = 'pending';
    CREATE INDEX shadow_result_pending ON shadow_result (name, base, candidate)
      WHERE outcome = 'pending';
    CREATE INDEX shadow_result_ended ON shadow_result (name, base, candidate, shadow_job_id)
      WHERE outcome <> 'pending';
    CREATE INDEX shadow_result_by_age ON shadow_result (name, shadow_job_id)
      WHERE outcome <> 'pending';
    CREATE TRIGGER shadow_result_never_changes BEFORE UPDATE ON shadow_result
      WHEN OLD.outcome <> 'pending'
      BEGIN SELECT RAISE(ABORT, 'a result never changes'); END;

    CREATE INDEX job_client_due ON job (state, due_ms, is_shadow)
      WHERE state = 'queued' AND is_shadow IS NOT 1;
    CREATE INDEX job_client_measured ON job (ended_ms)
      WHERE state = 'completed' AND attempt = 1 AND is_shadow IS NOT 1;
    """
}
