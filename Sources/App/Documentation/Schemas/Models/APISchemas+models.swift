extension APISchemas {
  /// Registered models.
  static let models: [Member] = [
    (
      "ModelReference",
      #"{"description": "A model's name, alone or with a version or an alias", "type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(@([1-9][0-9]*|[a-z][a-z0-9-]{0,31}))?$", "examples": ["tree-crowns", "aerial@3", "aerial@candidate"]}"#
    ),
    (
      "Alias",
      #"{"type": "string", "pattern": "^[a-z][a-z0-9-]{0,31}$", "examples": ["candidate"]}"#
    ),
    (
      "Aliases",
      #"{"description": "Versions by alias", "type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}"#
    ),
    (
      "AliasRequest",
      """
      {"type": "object", "additionalProperties": false, "required": ["version"],
       "properties": {
         "version": {"type": "integer", "minimum": 1},
         "expected": {
           "description": "Where the alias must be; null for nowhere; absent for anywhere",
           "type": ["integer", "null"], "minimum": 1},
         "unchecked": {
           "description": "Whether it moves whatever the golden pictures say; the audit log has it",
           "type": "boolean", "default": false}}}
      """
    ),
    (
      "AliasMoveAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["name", "alias", "version", "moved"],
           "properties": {
             "name": {"$ref": "#/components/schemas/Name"},
             "alias": {"$ref": "#/components/schemas/Alias"},
             "version": {"description": "null when it was removed", "type": ["integer", "null"], "minimum": 1},
             "moved": {"description": "Whether it was elsewhere before", "type": "boolean"},
             "from": {"description": "null when it is new", "type": ["integer", "null"], "minimum": 1}}}
          """)
    ),
    (
      "AliasAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["name", "alias", "version", "moves"],
           "properties": {
             "name": {"$ref": "#/components/schemas/Name"},
             "alias": {"$ref": "#/components/schemas/Alias"},
             "version": {"description": "null when it was removed", "type": ["integer", "null"], "minimum": 1},
             "moves": {"type": "array", "items": {
               "type": "object", "required": ["number", "from", "to", "moved_at"],
               "properties": {
                 "number": {"type": "integer", "minimum": 1},
                 "from": {"type": ["integer", "null"], "minimum": 1},
                 "to": {"type": ["integer", "null"], "minimum": 1},
                 "moved_at": {"$ref": "#/components/schemas/Time"},
                 "moved_by": {"type": "string"},
                 "undoes": {
                   "description": "Of a rollback: the first of the moves that it took back",
                   "type": "integer", "minimum": 1}}}}}}
          """)
    ),
    (
      "DeletedVersionAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["name", "version", "deleted_bytes"],
           "properties": {
             "name": {"$ref": "#/components/schemas/Name"},
             "version": {"type": "integer", "minimum": 1},
             "deleted_bytes": {"type": "integer", "minimum": 0}}}
          """)
    ),
    (
      "DeletedModelAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["name", "deleted_versions", "deleted_bytes"],
           "properties": {
             "name": {"$ref": "#/components/schemas/Name"},
             "deleted_versions": {"type": "integer", "minimum": 1},
             "deleted_bytes": {"type": "integer", "minimum": 0}}}
          """)
    ),
  ]

  /// `components/parameters` of their routes.
  static let modelParameters: [Member] = [
    (
      "ModelName",
      parameter("name", in: "path", reference("ModelReference"), "The model: `aerial`, `aerial@3`")
    ),
    (
      "RegisteredModelName",
      parameter("name", in: "path", reference("Name"), "The registered model")
    ),
    (
      "ModelVersion",
      parameter("version", in: "path", #"{"type":"integer","minimum":1}"#, "The version's number")
    ),
    ("ModelAlias", parameter("alias", in: "path", reference("Alias"), "The alias")),
    (
      "ExpectedVersion",
      parameter(
        "expected", in: "query", #"{"type":"integer","minimum":1}"#,
        "The version at which the alias must be; else nothing happens")
    ),
    (
      "ModelLimit",
      parameter(
        "limit", in: "query", #"{"type":"integer","minimum":1,"maximum":1000,"default":100}"#,
        "Registered models on a page")
    ),
    (
      "ModelCursor",
      parameter(
        "cursor", in: "query",
        #"{"type":"string","pattern":"^([A-Za-z0-9_-][A-Za-z0-9._-]{0,127})?$"}"#,
        "`next_cursor` of the answer before")
    ),
  ]
}
