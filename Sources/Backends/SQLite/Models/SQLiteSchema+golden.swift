extension SQLiteSchema {
  /// Golden sets, at most one a model, and the verdicts about versions. A set never changes; it goes with the last
  /// version of its model.
  static let golden = """
    CREATE TABLE golden_set (
      id TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL UNIQUE REFERENCES model (name),
      pictures TEXT NOT NULL,
      classes TEXT NOT NULL,
      min_recall REAL NOT NULL CHECK (min_recall BETWEEN 0 AND 1),
      min_precision REAL NOT NULL CHECK (min_precision BETWEEN 0 AND 1),
      aliases TEXT NOT NULL,
      created_ms INTEGER NOT NULL,
      created_by TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER golden_set_never_changes BEFORE UPDATE ON golden_set
      BEGIN SELECT RAISE(ABORT, 'a golden set never changes'); END;

    CREATE TABLE golden_verdict (
      set_id TEXT NOT NULL REFERENCES golden_set (id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      number INTEGER NOT NULL,
      passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
      figures TEXT NOT NULL,
      checked_ms INTEGER NOT NULL,
      checked_by TEXT,
      PRIMARY KEY (set_id, number),
      FOREIGN KEY (name, number) REFERENCES model_version (name, number) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX golden_verdict_by_version ON golden_verdict (name, number);

    CREATE TRIGGER golden_set_goes_with_last_version AFTER DELETE ON model_version
      WHEN NOT EXISTS (SELECT 1 FROM model_version WHERE name = OLD.name)
      BEGIN DELETE FROM golden_set WHERE name = OLD.name; END;
    """
}
