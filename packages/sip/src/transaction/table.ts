/**
 * A state machine as a table that reads like the RFC's figure: for each state and stimulus the next state, then what is
 * done on the way. A stimulus that a state does not list is ignored there.
 */
export type TransitionTable<State extends string, Stimulus extends string, Action extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Stimulus, readonly [next: State, ...actions: Action[]]>>>>
>;

/**
 * Which timers run in each state. Entering a state stops those it does not list and starts those that do not run yet, so
 * that a timer listed by both states runs on.
 */
export type TimerTable<State extends string, Name extends string> = Readonly<Record<State, readonly Name[]>>;
