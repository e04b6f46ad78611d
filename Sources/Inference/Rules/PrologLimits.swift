/// What reading one rule file may take.
public struct PrologLimits: Sendable {
  /// Of a rule file. A pair takes some 40 bytes.
  public var textBytes = 1 << 20
  /// From the start of SWI-Prolog to its end. A table of 60 pairs takes 0.1 s, on a machine whose cores are all
  /// busy with inference some seconds.
  public var wallClock = Duration.seconds(15)
  /// What stops a file that never ends. Less than the wall clock, so that such a file is known as one.
  public var processorSeconds = 2
  /// The address space of the process.
  public var memoryBytes = 512 << 20
  /// Of Prolog: terms, frames and choice points. Must leave room in the address space for the rest.
  public var stackBytes = 64 << 20
  /// Its libraries are read one after another.
  public var openFiles = 32
  /// Solutions of `confidence_modifier/3`, also those that repeat others.
  public var solutions = 100_000
  /// Prolog's unit of work, a call. Ten million take about half a second.
  public var inferences = 10_000_000
  /// Of the answer. 100,000 solutions with long names fit.
  public var outputBytes = 16 << 20
  /// How many processes run at a time; others wait.
  public var processes = 2

  public init() {}
}
