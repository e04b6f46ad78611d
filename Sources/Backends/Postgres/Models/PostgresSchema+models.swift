extension PostgresSchema {
  /// Versions that never change, the aliases that point at them, and every move of those.
  ///
  /// A row of `model` stays when its last version goes: it knows which numbers were given. A version goes only when no
  /// alias is at it, which its foreign key holds, and no job that has not ended runs it.
  static let models = """
    CREATE TABLE model (
      name TEXT COLLATE "C" PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 128),
      last_version BIGINT NOT NULL CHECK (last_version > 0)
    );
    CREATE FUNCTION model_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.last_version <= OLD.last_version THEN
        RAISE EXCEPTION 'no number is given twice' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER model_change BEFORE UPDATE ON model
      FOR EACH ROW EXECUTE FUNCTION model_change();

    CREATE TABLE model_version (
      name TEXT COLLATE "C" NOT NULL REFERENCES model (name),
      number BIGINT NOT NULL CHECK (number > 0),
      files_id TEXT COLLATE "C" NOT NULL UNIQUE,
      format TEXT NOT NULL CHECK (format IN ('onnx', 'openvino')),
      size_bytes BIGINT NOT NULL CHECK (size_bytes > 0),
      sha256 TEXT COLLATE "C" NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
      document TEXT,
      task TEXT NOT NULL,
      layout TEXT NOT NULL,
      class_names TEXT NOT NULL,
      input_width BIGINT NOT NULL CHECK (input_width > 0),
      input_height BIGINT NOT NULL CHECK (input_height > 0),
      created_ms BIGINT NOT NULL,
      created_by TEXT,
      PRIMARY KEY (name, number)
    );

    CREATE TABLE model_alias (
      name TEXT COLLATE "C" NOT NULL,
      alias TEXT COLLATE "C" NOT NULL CHECK (alias ~ '^[a-z][a-z0-9-]{0,31}$'),
      number BIGINT NOT NULL,
      PRIMARY KEY (name, alias),
      FOREIGN KEY (name, number) REFERENCES model_version (name, number)
    );
    CREATE INDEX model_alias_by_version ON model_alias (name, number);

    CREATE TABLE model_alias_move (
      name TEXT COLLATE "C" NOT NULL REFERENCES model (name),
      alias TEXT COLLATE "C" NOT NULL,
      number BIGINT NOT NULL CHECK (number > 0),
      from_number BIGINT,
      to_number BIGINT,
      moved_ms BIGINT NOT NULL,
      moved_by TEXT,
      undoes BIGINT CHECK (undoes < number),
      PRIMARY KEY (name, alias, number),
      CHECK (from_number IS DISTINCT FROM to_number)
    );

    CREATE TABLE model_key (
      caller TEXT NOT NULL,
      key TEXT NOT NULL,
      body_hash TEXT NOT NULL,
      name TEXT COLLATE "C" NOT NULL,
      number BIGINT NOT NULL,
      created_ms BIGINT NOT NULL,
      PRIMARY KEY (caller, key),
      FOREIGN KEY (name, number) REFERENCES model_version (name, number) ON DELETE CASCADE
    );
    CREATE INDEX model_key_by_age ON model_key (created_ms);
    CREATE INDEX model_key_by_version ON model_key (name, number);

    ALTER TABLE job ADD COLUMN model_name TEXT COLLATE "C", ADD COLUMN model_number BIGINT,
      ADD COLUMN model_sha256 TEXT COLLATE "C",
      ADD CONSTRAINT job_model CHECK ((model_name IS NULL) = (model_number IS NULL)
        AND (model_name IS NULL) = (model_sha256 IS NULL));
    CREATE INDEX job_by_model ON job (model_name, model_number)
      WHERE model_name IS NOT NULL AND state IN ('queued', 'processing');

    CREATE FUNCTION job_model_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' THEN
        IF (NEW.model_name, NEW.model_number, NEW.model_sha256)
          IS DISTINCT FROM (OLD.model_name, OLD.model_number, OLD.model_sha256) THEN
          RAISE EXCEPTION 'the model of a job never changes' USING ERRCODE = 'check_violation';
        END IF;
      ELSIF NOT EXISTS (SELECT 1 FROM model_version WHERE name = NEW.model_name
        AND number = NEW.model_number AND sha256 = NEW.model_sha256) THEN
        RAISE EXCEPTION 'no such version' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER job_model_change BEFORE UPDATE OF model_name, model_number, model_sha256 ON job
      FOR EACH ROW EXECUTE FUNCTION job_model_change();
    CREATE TRIGGER job_model_is_registered BEFORE INSERT ON job
      FOR EACH ROW WHEN (NEW.model_name IS NOT NULL) EXECUTE FUNCTION job_model_change();

    CREATE FUNCTION model_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'a version never changes' USING ERRCODE = 'check_violation';
      END IF;
      IF EXISTS (SELECT 1 FROM job WHERE model_name = OLD.name AND model_number = OLD.number
        AND state IN ('queued', 'processing')) THEN
        RAISE EXCEPTION 'a job runs this version' USING ERRCODE = 'check_violation';
      END IF;
      RETURN OLD;
    END $$;
    CREATE TRIGGER model_version_change BEFORE UPDATE OR DELETE ON model_version
      FOR EACH ROW EXECUTE FUNCTION model_version_change();
    """

  /// Which job's results another one's are compared with. Nobody owns a shadow.
  static let comparisons = """
    ALTER TABLE job ADD COLUMN base_job_id TEXT COLLATE "C", ADD COLUMN is_shadow BIGINT,
      ADD CONSTRAINT job_comparison CHECK ((base_job_id IS NULL) = (is_shadow IS NULL)
        AND (is_shadow IS NULL OR is_shadow = 0 OR (is_shadow = 1 AND owner IS NULL)));
    CREATE FUNCTION job_comparison_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (NEW.base_job_id, NEW.is_shadow) IS DISTINCT FROM (OLD.base_job_id, OLD.is_shadow) THEN
        RAISE EXCEPTION 'what a job is compared with never changes' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER job_comparison_change BEFORE UPDATE OF base_job_id, is_shadow ON job
      FOR EACH ROW EXECUTE FUNCTION job_comparison_change();
    """
}
