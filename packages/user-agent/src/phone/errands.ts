import { type Cause, causes } from '../cause.ts';
import type { PresenceStatus, WatchedStatus } from '../event/presence.ts';
import type { Watch } from '../event/watch.ts';
import type { UserAgentEvent } from '../events.ts';
import type { UserAgent } from '../user-agent.ts';
import { type Deferred, deferred, rejected } from './deferred.ts';
import { EventQueue } from './event-queue.ts';
import type { Capabilities } from './phone.ts';
import { PhoneError } from './phone-error.ts';

/** How many changes of one user's presence wait to be read; the newest of them are what counts. */
const MAX_STATUSES = 16;

/** What was asked of others, until they answer: texts, OPTIONS and who is watched. */
export class Errands {
  readonly #agent: UserAgent;
  readonly #texts = new Map<string, Deferred<void>>();
  readonly #questions = new Map<string, Deferred<Capabilities>>();
  /** Who waits until the server knows how we are. */
  #publications: readonly Deferred<void>[] = [];
  readonly #watches = new Map<Watch, EventQueue<WatchedStatus>>();

  constructor(agent: UserAgent) {
    this.#agent = agent;
  }

  /** How many users are watched. */
  get watching(): number {
    return this.#watches.size;
  }

  message(target: string, text: string): Promise<void> {
    try {
      const id = this.#agent.message(target, text);
      const sent = deferred<void>();
      this.#texts.set(id, sent);
      return sent.promise;
    } catch (error) {
      return rejected(error instanceof RangeError ? new PhoneError(tooLong(error)) : (error as Error));
    }
  }

  capabilities(target: string): Promise<Capabilities> {
    try {
      const id = this.#agent.options(target);
      const told = deferred<Capabilities>();
      this.#questions.set(id, told);
      return told.promise;
    } catch (error) {
      return rejected(error as Error);
    }
  }

  presence(target: string): AsyncIterableIterator<WatchedStatus> {
    const watch = this.#agent.watch(target);
    const queue = new EventQueue<WatchedStatus>({ capacity: MAX_STATUSES }, () => {
      if (this.#watches.has(watch)) watch.stop();
    });
    this.#watches.set(watch, queue);
    return queue;
  }

  publish(status: PresenceStatus | undefined): Promise<void> {
    if (status === undefined) this.#agent.withdraw();
    else this.#agent.publish(status);
    const known = deferred<void>();
    this.#publications = [...this.#publications, known];
    return known.promise;
  }

  published(): void {
    for (const known of this.#publications) known.resolve();
    this.#publications = [];
  }

  notPublished(cause: Cause): void {
    for (const known of this.#publications) known.reject(new PhoneError(cause));
    this.#publications = [];
  }

  /** Watches nobody any more. */
  leave(): void {
    for (const watch of [...this.#watches.keys()]) watch.stop();
  }

  /** @returns whether it was about one of them */
  told(event: UserAgentEvent): boolean {
    switch (event.kind) {
      case 'message sent':
        this.#takeText(event.id)?.resolve();
        return true;
      case 'message failed':
        this.#takeText(event.id)?.reject(new PhoneError(event.cause));
        return true;
      case 'options answered': {
        const { methods, extensions, product, roundTripMs } = event;
        this.#takeQuestion(event.id)?.resolve({ methods, extensions, product, roundTripMs });
        return true;
      }
      case 'options failed':
        this.#takeQuestion(event.id)?.reject(new PhoneError(event.cause));
        return true;
      case 'presence': {
        const { isOpen, isThere, note } = event;
        this.#watches.get(event.watch)?.push({ isOpen, isThere, ...(note !== undefined && { note }) });
        return true;
      }
      case 'watch ended':
        this.#watchEnded(event.watch, event.cause);
        return true;
      default:
        return false;
    }
  }

  /** Nobody will answer any more. */
  end(cause: Cause): void {
    for (const text of this.#texts.values()) text.reject(new PhoneError(cause));
    for (const told of this.#questions.values()) told.reject(new PhoneError(cause));
    for (const queue of this.#watches.values()) queue.end();
    this.notPublished(cause);
    this.#texts.clear();
    this.#questions.clear();
    this.#watches.clear();
  }

  #takeText(id: string): Deferred<void> | undefined {
    const text = this.#texts.get(id);
    this.#texts.delete(id);
    return text;
  }

  #takeQuestion(id: string): Deferred<Capabilities> | undefined {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    return question;
  }

  #watchEnded(watch: Watch, cause: Cause): void {
    const queue = this.#watches.get(watch);
    this.#watches.delete(watch);
    if (cause === causes.unwatched) queue?.end();
    else queue?.fail(new PhoneError(cause));
  }
}

const tooLong = ({ message }: RangeError): Cause => ({
  what: `${message[0]?.toUpperCase()}${message.slice(1)}.`,
  next: 'Shorten it, or speak TCP or TLS with the server.',
});
