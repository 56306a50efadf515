import type { ProcessOptions, RunningProcess } from './process.ts';
import type { Provider, ProviderOptions } from './provider.ts';

/** What a server must be able to do for a suite to make sense against it. */
export type Need = 'presence' | 'durable' | 'federation' | 'ipv6' | 'relay';

/** One file of ../suites: what is tried with which peers. */
export interface Suite {
  /** The file's name without its ending; `node interop/run.ts WORD` runs the suites whose name contains WORD. */
  readonly name: string;
  readonly peers: readonly string[];
  /** One sentence for docs/interop.md. */
  readonly shows: string;
  readonly needs?: readonly Need[];
  /** It holds the server to times, or has peers that give up: nothing else runs meanwhile. */
  readonly alone?: boolean;
  /** Longest time the whole suite may take. */
  readonly withinMs: number;
  run(stage: Stage): Promise<void>;
}

/** What a suite works with. All that is made through it ends with the suite. */
export interface Stage {
  /** A folder of this suite's own. */
  readonly folder: string;
  /** A loopback address of this suite's own; `host` is 1…254, and 1 is the server's. */
  address(host: number): string;
  /** Starts a server; its default address is `address(1)` and every port is free. */
  provider(options?: ProviderOptions): Promise<Provider>;
  start(options: ProcessOptions): RunningProcess;
  /** Whether what is found is to be written down: `--write-docs`. */
  readonly writesDocs: boolean;
  /** Cleanups run last first, whatever happened. */
  defer(cleanup: () => void | Promise<void>): void;
  /** Shown when a case of this suite fails: a peer's log or a message trace, read only then. */
  evidence(name: string, read: () => string): void;
  /** One case: passes when `body` resolves. A failed case does not stop the suite; `false` says it failed. */
  check(name: string, body: () => Promise<void>): Promise<boolean>;
  /**
   * A case that measures sound as it arrives: where others keep the machine busy, sound has gaps, whoever plays it. So what fails
   * is tried again, up to three times in all, with everything made anew; what is wrong with the sound itself fails each time.
   */
  listen(name: string, body: () => Promise<void>): Promise<boolean>;
}

export interface CaseResult {
  readonly suite: string;
  readonly name: string;
  readonly milliseconds: number;
  readonly failure: string | undefined;
}
