extension PostgresSchema {
  /// Which candidate runs beside which model, and the pairs of jobs that came of it. Results stay when their jobs go, so
  /// no foreign key ties them.
  ///
  /// The numbers of the queue and of its speed are those of jobs that somebody waits for, so their indexes leave shadows
  /// out.
  static let shadows = """
    CREATE TABLE model_shadow (
      name TEXT COLLATE "C" PRIMARY KEY REFERENCES model (name),
      candidate TEXT COLLATE "C" NOT NULL CHECK (length(candidate) BETWEEN 1 AND 32),
      share DOUBLE PRECISION NOT NULL CHECK (share > 0 AND share <= 1),
      set_ms BIGINT NOT NULL,
      set_by TEXT
    );

    CREATE TABLE shadow_result (
      shadow_job_id TEXT COLLATE "C" PRIMARY KEY,
      base_job_id TEXT COLLATE "C" NOT NULL,
      name TEXT COLLATE "C" NOT NULL,
      base BIGINT NOT NULL CHECK (base > 0),
      candidate BIGINT NOT NULL CHECK (candidate > 0 AND candidate <> base),
      outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('pending', 'compared', 'failed')),
      due_ms BIGINT,
      ended_ms BIGINT,
      figures TEXT,
      failed_side TEXT COLLATE "C" CHECK (failed_side IN ('base', 'candidate')),
      failure_code TEXT,
      failure_message TEXT,
      CHECK ((outcome = 'pending') = (due_ms IS NOT NULL)),
      CHECK ((outcome = 'pending') = (ended_ms IS NULL)),
      CHECK ((outcome = 'compared') = (figures IS NOT NULL)),
      CHECK ((outcome = 'failed') = (failed_side IS NOT NULL)),
      CHECK ((failed_side IS NULL) = (failure_code IS NULL)),
      CHECK ((failed_side IS NULL) = (failure_message IS NULL))
    );
    CREATE INDEX shadow_result_due ON shadow_result (due_ms, shadow_job_id)
      WHERE outcome = 'pending';
    CREATE INDEX shadow_result_pending ON shadow_result (name, base, candidate)
      WHERE outcome = 'pending';
    CREATE INDEX shadow_result_ended ON shadow_result (name, base, candidate, shadow_job_id)
      WHERE outcome <> 'pending';
    CREATE INDEX shadow_result_by_age ON shadow_result (name, shadow_job_id)
      WHERE outcome <> 'pending';
    CREATE FUNCTION shadow_result_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.outcome <> 'pending' THEN
        RAISE EXCEPTION 'a result never changes' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER shadow_result_change BEFORE UPDATE ON shadow_result
      FOR EACH ROW EXECUTE FUNCTION shadow_result_change();

    DROP INDEX job_due;
    CREATE INDEX job_due ON job (due_ms)
      WHERE state = 'queued' AND is_shadow IS DISTINCT FROM 1;
    DROP INDEX job_measured;
    CREATE INDEX job_measured ON job (ended_ms)
      WHERE state = 'completed' AND attempt = 1 AND is_shadow IS DISTINCT FROM 1;
    """
}
