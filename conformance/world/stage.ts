import { instant } from '@ringdown/sans-io';
import {
  type ConnectOptions,
  connect,
  type IncomingPhoneCall,
  type Phone,
  type PhoneCall,
  PhoneError,
} from '@ringdown/user-agent';
import { MemoryPlatform, type MemoryPlatformOptions } from './memory-platform.ts';
import type { World } from './world.ts';

export interface StagePhoneOptions
  extends Partial<Omit<ConnectOptions<string>, 'platform'>>,
    Pick<Partial<MemoryPlatformOptions>, 'transport' | 'fails'> {
  readonly platform?: MemoryPlatform;
}

/** A phone and the device that it runs on. */
export interface StagedPhone {
  readonly phone: Phone<string>;
  readonly platform: MemoryPlatform;
}

/**
 * Phones with promises in virtual time: a world, its devices, and what lets time pass for all of them until something has come
 * about.
 */
export class Stage {
  readonly world: World;
  readonly platforms: MemoryPlatform[] = [];
  readonly #domains: readonly string[];

  constructor(world: World, domains: readonly string[] = [world.domain]) {
    this.world = world;
    this.#domains = domains;
  }

  platform(options: Partial<MemoryPlatformOptions> = {}): MemoryPlatform {
    const seed = this.platforms.length + 1;
    const address = `203.0.113.${150 + seed}`;
    const platform = new MemoryPlatform(this.world, { address, seed, domains: this.#domains, ...options });
    this.platforms.push(platform);
    return platform;
  }

  /** A phone that may yet fail to connect. */
  connects(account: string, options: StagePhoneOptions = {}): Promise<Phone<string>> {
    const { transport, fails, platform, ...rest } = options;
    const device =
      platform ?? this.platform({ ...(transport && { transport }), ...(fails !== undefined && { fails }) });
    return connect({
      account: account.includes('@') ? account : `${account}@${this.world.domain}`,
      password: 'secret',
      platform: device,
      ...rest,
    });
  }

  /** A phone that is registered. */
  async phone(account: string, options: StagePhoneOptions = {}): Promise<StagedPhone> {
    const { transport } = options;
    const platform = options.platform ?? this.platform(transport === undefined ? {} : { transport });
    const phone = await this.settled(this.connects(account, { ...options, platform }));
    return { phone, platform };
  }

  /** A call that rings at a phone. */
  async rings(
    caller: StagedPhone,
    callee: StagedPhone,
  ): Promise<{ readonly call: PhoneCall; readonly taken: IncomingPhoneCall<string> }> {
    const incoming = callee.phone.incoming();
    const call = caller.phone.dial(callee.phone.address);
    const { value: taken } = await this.settled(incoming.next());
    if (taken === undefined) throw new Error('it does not ring');
    await incoming.return?.();
    return { call, taken };
  }

  /** A call that stands. */
  async talk(
    caller: StagedPhone,
    callee: StagedPhone,
  ): Promise<{ readonly call: PhoneCall; readonly taken: IncomingPhoneCall<string> }> {
    const { call, taken } = await this.rings(caller, callee);
    taken.answer();
    await this.settled(call.answered);
    await this.settled(taken.answered);
    return { call, taken };
  }

  /** Why a promise is rejected. */
  async refusal(promise: Promise<unknown>, withinMs?: number): Promise<PhoneError> {
    const error = await this.settled(promise, withinMs).then(
      () => undefined,
      (rejected: unknown) => rejected,
    );
    if (error instanceof PhoneError) return error;
    throw new Error(`expected a PhoneError, not ${String(error)}`);
  }

  /** What a promise becomes, as time passes. Rejects as it does, and where it has not settled within that time. */
  async settled<Value>(promise: Promise<Value>, withinMs = 60_000): Promise<Value> {
    let isSettled = false;
    const note = (): void => {
      isSettled = true;
    };
    promise.then(note, note);
    const end = this.world.now + withinMs;
    await this.rests();
    while (!isSettled && this.world.now < end) await this.#step(end);
    if (!isSettled) throw new Error(`not settled within ${withinMs} ms`);
    return promise;
  }

  async passes(milliseconds: number): Promise<void> {
    const end = this.world.now + milliseconds;
    await this.rests();
    while (this.world.now < end) await this.#step(end);
  }

  /** Lets everything arrive that is under way, and what comes of it; no time passes. */
  async rests(): Promise<void> {
    for (;;) {
      const before = this.#activity;
      this.world.network.settle();
      await breath();
      this.world.network.settle();
      if (this.#activity === before) return;
    }
  }

  get #activity(): number {
    return this.platforms.reduce((sum, { device }) => sum + (device?.activity ?? 0), 0);
  }

  async #step(end: number): Promise<void> {
    const { world } = this;
    const open = this.platforms.flatMap(({ device }) => (device?.isOpen === true ? [device] : []));
    const next = open.map(({ timers }) => timers.deadline() ?? end);
    world.passes(Math.max(1, Math.min(end, ...next) - world.now));
    for (const { timers, isOpen } of open) if (isOpen) timers.expire(instant(world.now));
    await this.rests();
  }
}

/** Lets go on all that waits for promises. */
const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reads on its own what an iterator tells, from now on. */
export const gathered = <Value>(iterator: AsyncIterable<Value>): Value[] => {
  const values: Value[] = [];
  void (async () => {
    for await (const value of iterator) values.push(value);
  })();
  return values;
};

/** Takes every call that comes in, from now on. */
export const answersAll = (phone: Phone<string>): void => {
  const incoming = phone.incoming();
  void (async () => {
    for await (const call of incoming) call.answer();
  })();
};
