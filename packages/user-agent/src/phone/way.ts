import type { DnsAnswer } from '@ringdown/sip';
import { type Cause, causes } from '../cause.ts';

/** What was seen of the way to the server: the reason, where nothing gets there. */
export class Way {
  readonly #name: string;
  #wasFound = false;
  #isSilent = false;
  #isAsked = false;
  #failure: string | undefined;

  /** `name`: what the DNS is asked for. */
  constructor(name: string) {
    this.#name = name;
  }

  dnsAnswered(answer: DnsAnswer): void {
    this.#isAsked = true;
    if (answer.kind === 'records') this.#wasFound ||= answer.records.length > 0;
    else this.#isSilent ||= answer.failure === 'timeout' || answer.failure === 'server failure';
  }

  /** A connection could not be made, or broke. */
  flowFailed(why: string): void {
    this.#failure = why;
  }

  /** Something came: what was seen before means nothing any more. */
  isOpen(): void {
    this.#failure = undefined;
  }

  /** The reason in more words, where there was no way. */
  explained(cause: Cause): Cause {
    if (cause.what !== causes.noNetwork.what) return cause;
    if (this.#failure !== undefined)
      return {
        ...cause,
        what: `The server cannot be reached: ${this.#failure}.`,
        next: `Look whether ${this.#name} is the server and runs there, and check the network.`,
      };
    if (!this.#isAsked || this.#wasFound) return cause;
    return this.#isSilent
      ? { what: `The DNS does not answer for ${this.#name}.`, next: 'Check the network, or try again later.' }
      : { what: `There is no server under the name ${this.#name}.`, next: 'Check how it is written.' };
  }
}
