import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { JsonEvent } from '@ringdown/phone';
import type { EndpointType, PossiblePair } from '../../conformance/nat/theory.ts';
import { excerpt, readWav } from '../../tools/testing/sound/recording.ts';
import { eventually, idle } from '../harness/deadline.ts';
import type { NatNetwork } from '../harness/namespaces.ts';
import type { Provider } from '../harness/provider.ts';
import { expectTones, longestSilenceMs } from '../harness/sound.ts';
import type { Stage } from '../harness/suite.ts';
import { TerminalPhone } from '../harness/terminal-phone.ts';

export type SipTransport = 'udp' | 'tcp' | 'tls' | 'wss';

/** Where phones are, and the server that they are accounts of. */
export interface PhoneLab {
  readonly stage: Stage;
  readonly network: NatNetwork;
  readonly provider: Provider;
  /** PEM file of the server's. */
  readonly certificate: string;
}

/** One side of a call. */
export interface PhoneEnd {
  readonly user: string;
  /** Its number in the network. */
  readonly place: number;
  readonly transport: SipTransport;
}

export type Who = 'caller' | 'called';

/** By which way the sound of a call goes, and when it was there. */
export interface PhonePath extends PossiblePair {
  readonly kind: 'direct' | 'relayed';
  /** From the answer until both have heard each other. */
  readonly heardMs: number;
}

/** Of the caller, and of the called. */
const TONES_HZ = { caller: 440, called: 700 } as const;
/** Several processes at a time, on two cores. */
const STARTS_WITHIN_MS = 60_000;
const SOUNDS_WITHIN_MS = 20_000;
const ENDS_WITHIN_MS = 20_000;
const SETTLES_WITHIN_MS = 25_000;
/** A better path comes sooner than that, and recordings are long enough to be measured. */
const SPOKEN_MS = 3_000;
/** A router that is another one costs an ICE restart; whoever is told of it by SIP over UDP may have to register first. */
const RECOVERS_WITHIN_MS = 60_000;
const NOTICED_SECONDS = 8;
const HEARD_SECONDS = 3;
const HEARD_DBFS = -40;
/** Six processes at a time are heard on two cores: gaps of some packets are none of the NATs'. */
const HEARD_WHOLE_MS = 2_500;
const STEP_MS = 250;
const FILE = 'heard.wav';

/** A call between two phones behind NATs that is answered and sounds. */
export class PhoneMeeting {
  readonly caller: TerminalPhone;
  readonly called: TerminalPhone;

  private constructor(caller: TerminalPhone, called: TerminalPhone) {
    this.caller = caller;
    this.called = called;
  }

  static async begin(lab: PhoneLab, caller: PhoneEnd, called: PhoneEnd): Promise<PhoneMeeting> {
    const waiting = start(lab, called, ['answer', '--auto', '--once', '--tone', String(TONES_HZ.called)]);
    await waiting.event('registered', STARTS_WITHIN_MS);
    const calling = start(lab, caller, ['call', called.user, '--tone', String(TONES_HZ.caller)]);
    await calling.event('answered', STARTS_WITHIN_MS);
    return new PhoneMeeting(calling, waiting);
  }

  get sides(): readonly [TerminalPhone, TerminalPhone] {
    return [this.caller, this.called];
  }

  /** Waits until both have heard each other and go on by the same path: a better one may come after the first. */
  async path(): Promise<PhonePath> {
    const [first] = this.sides;
    const heard = await Promise.all(this.sides.map((side) => side.event('sound', SOUNDS_WITHIN_MS)));
    await this.#agreement();
    await idle(SPOKEN_MS);
    const { one, other } = await this.#agreement();
    const answered = timeOf(await first.event('answered'));
    return {
      kind: one.path,
      first: typeOf(one),
      second: typeOf(other),
      heardMs: Math.max(...heard.map(timeOf)) - answered,
    };
  }

  async #agreement(): Promise<{ readonly one: Media; readonly other: Media }> {
    const [first, second] = this.sides;
    try {
      return await eventually(() => agreedBy(first, second), SETTLES_WITHIN_MS, 'both go by the same path');
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${mediaOf(first)}; ${mediaOf(second)}`);
    }
  }

  /** Waits until each hears the other again after something has happened, or still does when it would have been noticed. */
  async recovered(): Promise<void> {
    const before = this.sides.map((side) => side.all('quality').length);
    await Promise.all(
      this.sides.map((side, index) =>
        eventually(
          () => {
            const since = side.all('quality').slice(before[index]);
            return since.length >= NOTICED_SECONDS && since.slice(-HEARD_SECONDS).every(sounds)
              ? true
              : undefined;
          },
          RECOVERS_WITHIN_MS,
          `${side.process.name} hears the other again`,
        ),
      ),
    );
  }

  /** One hangs up, and the other is told. */
  async end(who: Who): Promise<void> {
    const [from, other] = who === 'caller' ? this.sides : [this.called, this.caller];
    from.interrupt();
    assert.equal((await from.event('ended', ENDS_WITHIN_MS)).by, 'us');
    const { by } = await other.event('ended', ENDS_WITHIN_MS);
    assert.equal(by, 'peer', `${other.process.name} is told of the end`);
    for (const side of this.sides)
      assert.equal(await side.status(ENDS_WITHIN_MS), 0, `${side.process.name} ends well`);
  }

  /** Each has heard the other's tone and little else, for seconds on end. */
  expectSound(): void {
    expectSomewhere(join(this.caller.folder, FILE), TONES_HZ.called);
    expectSomewhere(join(this.called.folder, FILE), TONES_HZ.caller);
  }

  /** How long one heard nothing of the other, at a stretch: whoever did so longest. */
  silentMs(): number {
    return Math.max(...this.sides.map(({ folder }) => longestSilenceMs(join(folder, FILE))));
  }
}

const sounds = ({ receivedRmsDbfs: [level] }: Extract<JsonEvent, { readonly event: 'quality' }>): boolean =>
  typeof level === 'number' && level > HEARD_DBFS;

const expectSomewhere = (path: string, frequencyHz: number): void => {
  const heard = readWav(path);
  const lengthMs = ((heard.channels[0]?.length ?? 0) * 1_000) / heard.sampleRateHz;
  for (let fromMs = 0; ; fromMs += STEP_MS) {
    try {
      expectTones(excerpt(heard, fromMs, fromMs + HEARD_WHOLE_MS), { frequenciesHz: [frequencyHz] });
      return;
    } catch (error) {
      if (fromMs + STEP_MS + HEARD_WHOLE_MS > lengthMs) throw error;
    }
  }
};

const start = (
  { stage, network, provider, certificate }: PhoneLab,
  { user, place, transport }: PhoneEnd,
  command: readonly string[],
): TerminalPhone =>
  TerminalPhone.start(stage, {
    ...{ provider, user, transport, command: [...command, '--record', FILE] },
    address: network.addresses[place]!,
    namespace: network.phones[place]!,
    options: ['--tls-ca', certificate],
  });

type Media = Extract<JsonEvent, { readonly event: 'media' }>;

const lastMedia = (phone: TerminalPhone): Media | undefined => phone.all('media').at(-1);

/** What each says of the path, where both say the same. */
const agreedBy = (
  first: TerminalPhone,
  second: TerminalPhone,
): { readonly one: Media; readonly other: Media } | undefined => {
  const [one, other] = [lastMedia(first), lastMedia(second)];
  if (one === undefined || other === undefined) return undefined;
  const isOne = one.local === other.remote && one.remote === other.local;
  return isOne ? { one, other } : undefined;
};

const typeOf = ({ localType }: Media): EndpointType => {
  assert.ok(localType !== 'signalled', 'both speak ICE');
  return localType;
};

const mediaOf = (phone: TerminalPhone): string => {
  const told = lastMedia(phone);
  return told === undefined
    ? 'nothing'
    : `${told.localType} ${told.local} to ${told.remoteType} ${told.remote}`;
};

/** Every line has one; see docs/phone.md. */
const timeOf = (event: object): number => Date.parse((event as { readonly time: string }).time);
