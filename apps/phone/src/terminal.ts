/** What a phone's command reads from and writes to. */
export interface PhoneTerminal {
  /** Whether a person can be asked here. */
  readonly isInteractive: boolean;
  /** What the command is asked for: standard output. */
  print(text: string): void;
  /** What a person should know besides: standard error. */
  note(text: string): void;
  /** Shows a line that the next one takes the place of; nothing where there is no screen. */
  show(text: string): void;
  /** Standard input to its end. */
  readInput(): Promise<string>;
  /** One line from a person; undefined where `signal` withdraws the question, or nobody will answer any more. */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>;
}
