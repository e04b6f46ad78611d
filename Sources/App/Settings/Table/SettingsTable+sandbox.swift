extension SettingsTable {
  static let sandbox: [SettingDefinition] = [
    .text(
      "worker_sandbox", \.workerSandboxName, .one(of: SandboxDemand.allCases.map(\.rawValue)),
      "Whether workers give up rights that their work does not need, as a hostile picture may take a library over: `auto` takes what the kernel offers and logs it, with `required` a worker does not start without all of it, `off` is for finding faults."
    ),
    .optionalInteger(
      "worker_max_memory_bytes", \.workerMaxMemoryBytes, in: 0...1_125_899_906_842_624,
      "Memory of one worker, with `worker_sandbox`; 0 is without limit. A picture that wants more fails, or ends its worker, which is replaced. Not set: three quarters of what the machine, or the container, has."
    ),
  ]
}

extension ServiceSettings {
  /// What of the sandbox is wanted, by its name, as settings are texts; other names change nothing.
  fileprivate var workerSandboxName: String {
    get { workerSandbox.rawValue }
    set { workerSandbox = SandboxDemand(rawValue: newValue) ?? workerSandbox }
  }
}
