extension PostgresSchema {
  /// Golden sets, at most one a model, and the verdicts about versions. A set never changes; it goes with the last
  /// version of its model.
  static let golden = """
    CREATE TABLE golden_set (
      id TEXT COLLATE "C" PRIMARY KEY,
      name TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES model (name),
      pictures TEXT NOT NULL,
      classes TEXT NOT NULL,
      min_recall DOUBLE PRECISION NOT NULL CHECK (min_recall BETWEEN 0 AND 1),
      min_precision DOUBLE PRECISION NOT NULL CHECK (min_precision BETWEEN 0 AND 1),
      aliases TEXT NOT NULL,
      created_ms BIGINT NOT NULL,
      created_by TEXT
    );

    CREATE TABLE golden_verdict (
      set_id TEXT COLLATE "C" NOT NULL REFERENCES golden_set (id) ON DELETE CASCADE,
      name TEXT COLLATE "C" NOT NULL,
      number BIGINT NOT NULL,
      passed BOOLEAN NOT NULL,
      figures TEXT NOT NULL,
      checked_ms BIGINT NOT NULL,
      checked_by TEXT,
      PRIMARY KEY (set_id, number),
      FOREIGN KEY (name, number) REFERENCES model_version (name, number) ON DELETE CASCADE
    );
    CREATE INDEX golden_verdict_by_version ON golden_verdict (name, number);

    CREATE FUNCTION golden_set_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'a golden set never changes' USING ERRCODE = 'check_violation';
    END $$;
    CREATE TRIGGER golden_set_change BEFORE UPDATE ON golden_set
      FOR EACH ROW EXECUTE FUNCTION golden_set_change();

    CREATE FUNCTION golden_set_of_no_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM golden_set WHERE name = OLD.name
        AND NOT EXISTS (SELECT 1 FROM model_version WHERE name = OLD.name);
      RETURN NULL;
    END $$;
    CREATE TRIGGER golden_set_goes_with_last_version AFTER DELETE ON model_version
      FOR EACH ROW EXECUTE FUNCTION golden_set_of_no_version();
    """
}
