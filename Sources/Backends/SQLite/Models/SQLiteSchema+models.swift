extension SQLiteSchema {
  /// Versions that never change, the aliases that point at them, and every move of those.
  ///
  /// A row of `model` stays when its last version goes: it knows which numbers were given. A version goes only when no
  /// alias is at it, which its foreign key holds, and no job that has not ended runs it.
  static let models = """
    CREATE TABLE model (
      name TEXT PRIMARY KEY NOT NULL CHECK (length(name) BETWEEN 1 AND 128),
      last_version INTEGER NOT NULL CHECK (last_version > 0)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER model_numbers_never_go_back BEFORE UPDATE OF last_version ON model
      WHEN NEW.last_version <= OLD.last_version
      BEGIN SELECT RAISE(ABORT, 'no number is given twice'); END;

    CREATE TABLE model_version (
      name TEXT NOT NULL REFERENCES model (name),
      number INTEGER NOT NULL CHECK (number > 0),
      files_id TEXT NOT NULL UNIQUE,
      format TEXT NOT NULL CHECK (format IN ('onnx', 'openvino')),
      size_bytes INTEGER NOT NULL CHECK (size_bytes > 0),
      sha256 TEXT NOT NULL CHECK (length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'),
      document TEXT,
      task TEXT NOT NULL,
      layout TEXT NOT NULL,
      class_names TEXT NOT NULL,
      input_width INTEGER NOT NULL CHECK (input_width > 0),
      input_height INTEGER NOT NULL CHECK (input_height > 0),
      created_ms INTEGER NOT NULL,
      created_by TEXT,
      PRIMARY KEY (name, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER model_version_never_changes BEFORE UPDATE ON model_version
      BEGIN SELECT RAISE(ABORT, 'a version never changes'); END;

    CREATE TABLE model_alias (
      name TEXT NOT NULL,
      alias TEXT NOT NULL CHECK (length(alias) <= 32 AND alias GLOB '[a-z]*'
        AND alias NOT GLOB '*[^a-z0-9-]*'),
      number INTEGER NOT NULL,
      PRIMARY KEY (name, alias),
      FOREIGN KEY (name, number) REFERENCES model_version (name, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX model_alias_by_version ON model_alias (name, number);

    CREATE TABLE model_alias_move (
      name TEXT NOT NULL REFERENCES model (name),
      alias TEXT NOT NULL,
      number INTEGER NOT NULL CHECK (number > 0),
      from_number INTEGER,
      to_number INTEGER,
      moved_ms INTEGER NOT NULL,
      moved_by TEXT,
      undoes INTEGER CHECK (undoes < number),
      PRIMARY KEY (name, alias, number),
      CHECK (from_number IS NOT to_number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE model_key (
      caller TEXT NOT NULL,
      key TEXT NOT NULL,
      body_hash TEXT NOT NULL,
      name TEXT NOT NULL,
      number INTEGER NOT NULL,
      created_ms INTEGER NOT NULL,
      PRIMARY KEY (caller, key),
      FOREIGN KEY (name, number) REFERENCES model_version (name, number) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX model_key_by_age ON model_key (created_ms);
    CREATE INDEX model_key_by_version ON model_key (name, number);

    ALTER TABLE job ADD COLUMN model_name TEXT;
    ALTER TABLE job ADD COLUMN model_number INTEGER;
    ALTER TABLE job ADD COLUMN model_sha256 TEXT
      CHECK ((model_name IS NULL) = (model_number IS NULL)
        AND (model_name IS NULL) = (model_sha256 IS NULL));
    CREATE INDEX job_by_model ON job (model_name, model_number)
      WHERE model_name IS NOT NULL AND state IN ('queued', 'processing');
    CREATE TRIGGER job_model_never_changes
      BEFORE UPDATE OF model_name, model_number, model_sha256 ON job
      WHEN (NEW.model_name, NEW.model_number, NEW.model_sha256)
        IS NOT (OLD.model_name, OLD.model_number, OLD.model_sha256)
      BEGIN SELECT RAISE(ABORT, 'the model of a job never changes'); END;
    CREATE TRIGGER job_model_is_registered BEFORE INSERT ON job
      WHEN NEW.model_name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM model_version
        WHERE name = NEW.model_name AND number = NEW.model_number AND sha256 = NEW.model_sha256)
      BEGIN SELECT RAISE(ABORT, 'no such version'); END;
    CREATE TRIGGER model_version_in_use BEFORE DELETE ON model_version
      WHEN EXISTS (SELECT 1 FROM job INDEXED BY job_by_model
        WHERE model_name = OLD.name AND model_number = OLD.number
          AND state IN ('queued', 'processing'))
      BEGIN SELECT RAISE(ABORT, 'a job runs this version'); END;
    """

  /// Which job's results another one's are compared with. Nobody owns a shadow.
  static let comparisons = """
    ALTER TABLE job ADD COLUMN base_job_id TEXT;
    ALTER TABLE job ADD COLUMN is_shadow INTEGER
      CHECK ((base_job_id IS NULL) = (is_shadow IS NULL)
        AND (is_shadow IS NULL OR is_shadow = 0 OR (is_shadow = 1 AND owner IS NULL)));
    CREATE TRIGGER job_comparison_never_changes BEFORE UPDATE OF base_job_id, is_shadow ON job
      WHEN (NEW.base_job_id, NEW.is_shadow) IS NOT (OLD.base_job_id, OLD.is_shadow)
      BEGIN SELECT RAISE(ABORT, 'what a job is compared with never changes'); END;
    """
}
