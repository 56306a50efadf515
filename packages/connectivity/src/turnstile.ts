import type { Sockets, Timers } from '@ringdown/sans-io';

/**
 * Lets one call at a time into the machines behind it. What they tell on the way waits until the call is over: then it may
 * lead to other calls, into the same machine too.
 */
export class Turnstile {
  readonly #waiting: (() => void)[] = [];
  #inside = false;
  #draining = false;

  /** A call into a machine. What waits is done afterwards, unless an outer call will do it. */
  enter<Result>(call: () => Result): Result {
    if (this.#inside) throw new Error('a machine was entered from within another: put it off by later()');
    this.#inside = true;
    let result: Result;
    try {
      result = call();
    } finally {
      this.#inside = false;
    }
    this.drain();
    return result;
  }

  /** From within a machine, or not: to be done once nobody is inside. */
  later(action: () => void): void {
    this.#waiting.push(action);
  }

  /** Does what waits. Nothing happens where that is under way, or somebody is inside. */
  drain(): void {
    if (this.#inside || this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
    } finally {
      this.#draining = false;
    }
  }

  /** Timers that come in by this turnstile. */
  timers(timers: Timers): Timers {
    return {
      start: (target, name, delayMs) =>
        timers.start(
          { timerFired: (fired, now) => this.enter(() => target.timerFired(fired, now)) },
          name,
          delayMs,
        ),
      stop: (timer) => timers.stop(timer),
    };
  }

  /** Sockets whose users are told by this turnstile. */
  sockets(sockets: Sockets): Sockets {
    return {
      addresses: () => sockets.addresses(),
      openUdp: (options, user) =>
        sockets.openUdp(options, {
          opened: (socket) => this.enter(() => user.opened(socket)),
          failed: (why) => this.enter(() => user.failed(why)),
          received: (bytes, from) => this.enter(() => user.received(bytes, from)),
        }),
      connect: (options, user) =>
        sockets.connect(options, {
          opened: (socket) => this.enter(() => user.opened(socket)),
          received: (bytes) => this.enter(() => user.received(bytes)),
          closed: (why) => this.enter(() => user.closed(why)),
        }),
    };
  }
}
