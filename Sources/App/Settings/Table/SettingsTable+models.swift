extension SettingsTable {
  static let models: [SettingDefinition] = [
    .integer(
      "max_model_bytes", \.maxModelBytes, in: 1024...1_099_511_627_776,
      "Largest upload of a model: four times the largest YOLO as an ONNX file."),
    .integer(
      "max_models", \.maxModels, in: 1...1_000_000,
      "Models that may be registered: more than anybody keeps in mind."),
    .integer(
      "max_model_versions", \.maxModelVersions, in: 1...1_000_000,
      "Versions of one model: three years of one a day. Old ones can be deleted."),
    .seconds(
      "model_check_seconds", \.modelCheck, in: 1...3600,
      "How long a model that is uploaded may take to be compiled and tried, before it is refused. Small ones take a second or two, the largest a minute on few cores."
    ),
    .integer(
      "max_golden_bytes", \.maxGoldenBytes, in: 1024...1_099_511_627_776,
      "Golden pictures of one model, together: a hundred as cameras make them, or five of the largest that are taken."
    ),
    .seconds(
      "golden_check_seconds", \.goldenCheck, in: 1...86_400,
      "How long a version may take to look at all golden pictures before it has not passed. A slice of a small model takes a tenth of a second on few cores."
    ),
    .integer(
      "model_cache_bytes", \.modelCacheBytes, in: 0...1_125_899_906_842_624,
      "Files of registered models that are kept in `models` of `data_dir`, for all workers of a machine; those used longest ago make room. Hundreds of versions of small models; one version may be larger."
    ),
    .integer(
      "model_memory_bytes", \.modelMemoryBytes, in: 0...1_125_899_906_842_624,
      "Memory of the models that a worker keeps loaded, as estimated (docs/registry.md), beside the limit of three models; those used longest ago make room, and the one in use stays. Three of the largest YOLO take 1.6 GB."
    ),
  ]
}
