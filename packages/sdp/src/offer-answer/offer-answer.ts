import { lineOf } from '../attribute.ts';
import { Group } from '../attributes/grouping.ts';
import { formatsOf } from '../codec/format.ts';
import { Malformed } from '../malformed.ts';
import { type AttributeLine, addressTypeOf, type SessionDescription } from '../session-description.ts';
import { writeSdp } from '../write.ts';
import type { AgreedSession } from './agreed.ts';
import { agreeOn } from './agreement.ts';
import { answeredGroups, answeredSlots } from './answer.ts';
import type { LocalMedia, LocalTransport, MediaCapabilities } from './capabilities.ts';
import { considerOffer, type OfferedMedia } from './consider.ts';
import { connectionData } from './media-lines.ts';
import { offeredSlots } from './offer.ts';
import type { Agreement, Slot } from './slot.ts';
import { type OfferAnswerState, type OfferAnswerStimulus, offerAnswerStep } from './state-table.ts';
import type { Answered, AnswerVerdict, NotAcceptable, OfferVerdict } from './verdict.ts';

export interface OfferAnswerOptions {
  /** Who says `o=`: a session ID that is new for each session, in digits (RFC 8866 §5.2). */
  readonly origin: { readonly username?: string; readonly sessionId: string; readonly address: string };
  /** Of the session, in `s=`. */
  readonly name?: string;
  /** One for each medium that we can have at once. */
  readonly media: readonly MediaCapabilities[];
  /** Whose order of codecs an answer has (RFC 3264 §6.1 recommends the offer's). */
  readonly codecOrder?: 'theirs' | 'ours';
  /** `one`: answer with a single codec, for peers and engines that cannot change it from packet to packet. */
  readonly answerWith?: 'all' | 'one';
  /** Offer `a=mid` and BUNDLE, and take BUNDLE where it is offered (RFC 9143). */
  readonly bundle?: boolean;
  /** Groups that answers repeat with the lines that live, such as DUP (RFC 7104). */
  readonly groups?: readonly string[];
  /** Lines of the session, such as `ice-lite` or `tool`. */
  readonly attributes?: readonly AttributeLine[];
}

export const offerAnswerDefaults = Object.freeze({
  name: '-',
  codecOrder: 'theirs',
  answerWith: 'all',
  bundle: false,
  groups: Object.freeze([]),
  attributes: Object.freeze([]),
} as const satisfies Partial<OfferAnswerOptions>);

/** What changes with each step, never altered in place: forks share it. */
interface Snapshot {
  readonly state: OfferAnswerState;
  /** The session version and text of what we said last. */
  readonly said: { readonly version: bigint; readonly text: string } | undefined;
  /** What we can do with each medium. */
  readonly capabilities: readonly MediaCapabilities[];
  /** By capability; undefined: not wanted. */
  readonly local: readonly (LocalMedia | undefined)[];
  readonly agreement: Agreement | undefined;
  readonly pending:
    | {
        readonly kind: 'local';
        readonly slots: readonly Slot[];
        readonly offer: SessionDescription;
        /** What was wanted before, if the offer comes to nothing. */
        readonly before: Pick<Snapshot, 'local' | 'capabilities'>;
      }
    | {
        readonly kind: 'remote';
        readonly considered: readonly OfferedMedia[];
        readonly offer: SessionDescription;
      }
    | undefined;
}

/**
 * The offer/answer model of one session (RFC 3264, RFC 6337), and no more than that: which SIP message carries what is the
 * caller's affair.
 */
export class OfferAnswer {
  readonly #options: Required<OfferAnswerOptions>;
  #now: Snapshot;

  constructor(options: OfferAnswerOptions) {
    this.#options = { ...offerAnswerDefaults, ...options };
    this.#now = {
      state: 'stable',
      said: undefined,
      capabilities: options.media,
      local: [],
      agreement: undefined,
      pending: undefined,
    };
  }

  get state(): OfferAnswerState {
    return this.#now.state;
  }

  /** What the last answer came to; undefined before the first. */
  get session(): AgreedSession | undefined {
    return this.#now.agreement?.session;
  }

  /**
   * An offer of ours: the first, a re-offer, or one that a request without an offer asks for.
   *
   * @param media by capability. `{}` leaves one as it was, `undefined` takes it out, what the list does not reach stays.
   * @param capabilities what we can do from here on; what is agreed on security stays
   * @throws Error while another offer waits for its answer
   * @throws TypeError for a medium without a transport, or a transport without what its security needs
   */
  offer(
    media: readonly (LocalMedia | undefined)[] = [],
    capabilities: readonly MediaCapabilities[] = this.#now.capabilities,
  ): SessionDescription {
    const next = this.#step('local offer');
    const before = this.#now;
    const local = merged(before.local, media);
    const wanted = local.flatMap((one, capability) =>
      one === undefined
        ? []
        : [
            {
              capability,
              capabilities: of(capabilities, capability),
              local: withTransport(one, capability),
            },
          ],
    );
    const slots = offeredSlots(wanted, this.#now.agreement, this.#options.bundle);
    const mids = bundledMids(slots, this.#now.agreement);
    const groups =
      this.#options.bundle && mids.length > 0 ? [lineOf(Group, { semantics: 'BUNDLE', mids })] : [];
    const [offer, said] = this.#say(slots, groups);
    this.#now = {
      ...this.#now,
      state: next,
      said,
      capabilities,
      local,
      pending: { kind: 'local', slots, offer, before },
    };
    return offer;
  }

  /** An offer of the peer's. `considered` waits for `answer` or `rollback`; whatever else comes back has changed nothing. */
  receiveOffer(offer: SessionDescription): OfferVerdict {
    const { agreement } = this.#now;
    const [state, action] = offerAnswerStep(this.#now.state, 'remote offer') ?? [];
    if (state === undefined || action === 'report glare')
      return { kind: 'out of turn', status: 491, why: 'our own offer waits for its answer' };
    if (action === 'report haste')
      return { kind: 'out of turn', status: 500, why: 'the offer before still waits for our answer' };
    if (agreement !== undefined && offer.media.length < agreement.slots.length)
      // RFC 3264 §8: lines never go away.
      return notAcceptable(399, 'it has fewer m= lines than the session');
    const considered = considerOffer(offer, {
      ...this.#options,
      capabilities: this.#now.capabilities,
      before: agreement?.slots.map(({ capability }) => capability) ?? [],
    });
    const refused = considered.flatMap((one) => (one.kind === 'unacceptable' ? [one] : []));
    const first = refused.find(({ warning }) => warning !== undefined);
    // An offer of nothing, or of nothing but closed lines, is answered in kind.
    if (first?.warning !== undefined && refused.length === considered.length)
      return notAcceptable(first.warning, `${first.media}: ${first.why}`);
    this.#now = { ...this.#now, state, pending: { kind: 'remote', considered, offer } };
    return { kind: 'considered', media: considered };
  }

  /**
   * The answer to the offer that was considered.
   *
   * @param media by capability, as for `offer`; only those that the offer can use count
   * @throws Error where no offer waits, TypeError as `offer`
   */
  answer(media: readonly (LocalMedia | undefined)[] = []): Answered | NotAcceptable {
    const next = this.#step('local answer');
    const { pending, agreement } = this.#now;
    if (pending?.kind !== 'remote') throw new Error('no remote offer waits for an answer');
    const { considered, offer } = pending;
    const local = merged(this.#now.local, media);
    const used = new Set(considered.flatMap((one) => (one.kind === 'acceptable' ? [one.capability] : [])));
    const ready = local.map((one, at) =>
      one === undefined || !used.has(at) ? undefined : withTransport(one, at),
    );
    const { capabilities } = this.#now;
    const slots = answeredSlots({ offer, considered, capabilities, local: ready, agreement });
    const semantics = new Set([...this.#options.groups, ...(this.#options.bundle ? ['BUNDLE'] : [])]);
    const [description, said] = this.#say(slots, answeredGroups(offer, slots, semantics));
    const session = this.#agree(slots, description, offer, 'answerer');
    if (session instanceof Malformed) return notAcceptable(399, session.why);
    const agreed = { slots, local: description, remote: offer, session };
    this.#now = { ...this.#now, state: next, said, local, agreement: agreed, pending: undefined };
    return { kind: 'answered', description, session };
  }

  /** An answer of the peer's. Each fork of a call has its own: see `fork`. */
  receiveAnswer(answer: SessionDescription): AnswerVerdict {
    const { pending } = this.#now;
    const [state, action] = offerAnswerStep(this.#now.state, 'remote answer') ?? [];
    if (state === undefined || action !== 'agree' || pending?.kind !== 'local') return { kind: 'ignored' };
    const session = this.#agree(pending.slots, pending.offer, answer, 'offerer');
    if (session instanceof Malformed) return session;
    const slots = pending.slots.map((slot, index) => learned(slot, answer, index));
    const agreement = { slots, local: pending.offer, remote: answer, session };
    this.#now = { ...this.#now, state, agreement, pending: undefined };
    return { kind: 'agreed', session };
  }

  /** Takes back whichever offer waits: it was refused, or ours gives way. What was agreed before holds (RFC 6337 §3.4). */
  rollback(): void {
    const { pending } = this.#now;
    const { local, capabilities } = pending?.kind === 'local' ? pending.before : this.#now;
    this.#now = { ...this.#now, state: this.#step('rollback'), local, capabilities, pending: undefined };
  }

  /** The same session once more: an early dialog of its own, with its own answer to the same offer (RFC 3261 §13.2.2.4). */
  fork(): OfferAnswer {
    const other = new OfferAnswer(this.#options);
    other.#now = this.#now;
    return other;
  }

  #step(stimulus: OfferAnswerStimulus): OfferAnswerState {
    const [next] = offerAnswerStep(this.#now.state, stimulus) ?? [];
    if (next === undefined) throw new Error(`no ${stimulus} in the state ${this.#now.state}`);
    return next;
  }

  #agree(
    slots: readonly Slot[],
    local: SessionDescription,
    remote: SessionDescription,
    weAre: 'offerer' | 'answerer',
  ): AgreedSession | Malformed {
    const capabilities = slots.map(({ capability, last }) =>
      capability === undefined || last.port === 0
        ? undefined
        : { at: capability, value: of(this.#now.capabilities, capability) },
    );
    return agreeOn({ local, remote, weAre, capabilities });
  }

  /** The description, with a version that grows when anything else changes (RFC 3264 §8). */
  #say(
    slots: readonly Slot[],
    groups: readonly AttributeLine[],
  ): readonly [SessionDescription, NonNullable<Snapshot['said']>] {
    const { origin, name, attributes } = this.#options;
    const lines = slots.map(({ last }) => last);
    const connection = lines.find(({ port }) => port !== 0)?.connections[0] ?? connectionData(origin.address);
    const isShared = lines.every(
      ({ connections: [own] }) => own === undefined || own.address === connection.address,
    );
    const versioned = (version: bigint): SessionDescription => ({
      origin: {
        username: origin.username ?? '-',
        sessionId: origin.sessionId,
        sessionVersion: String(version),
        addressType: addressTypeOf(origin.address),
        address: origin.address,
      },
      name,
      connection,
      bandwidth: [],
      time: { start: '0', stop: '0' },
      attributes: [...groups, ...attributes],
      media: isShared ? lines.map((line) => ({ ...line, connections: [] })) : lines,
    });
    const text = writeSdp(versioned(0n));
    const { said } = this.#now;
    const version = said === undefined ? 1n : said.text === text ? said.version : said.version + 1n;
    return [versioned(version), { version, text }];
  }
}

const of = (capabilities: readonly MediaCapabilities[], at: number): MediaCapabilities => {
  const one = capabilities[at];
  if (one === undefined) throw new RangeError(`there is no medium ${at} among the capabilities`);
  return one;
};

const notAcceptable = (warning: number, why: string): NotAcceptable => ({
  kind: 'not acceptable',
  status: 488,
  warning,
  why,
});

/** Changes over what was there: `undefined` takes a medium out, and what the list does not reach stays. */
const merged = (before: Snapshot['local'], changes: readonly (LocalMedia | undefined)[]): Snapshot['local'] =>
  Array.from({ length: Math.max(before.length, changes.length) }, (_, at) => {
    if (at >= changes.length) return before[at];
    const change = changes[at];
    return change === undefined ? undefined : { ...before[at], ...change };
  });

const withTransport = (
  local: LocalMedia,
  capability: number,
): LocalMedia & { readonly transport: LocalTransport } => {
  const { transport } = local;
  if (transport === undefined) throw new TypeError(`medium ${capability} has no transport`);
  return { ...local, transport };
};

/** Lines that live, those first that share a transport already: it stays the one that is shared (RFC 9143 §7.5.1). */
const bundledMids = (slots: readonly Slot[], agreement: Agreement | undefined): readonly string[] => {
  const alive = slots.flatMap(({ mid, last }) => (last.port === 0 || mid === undefined ? [] : [mid]));
  const before = agreement?.session.groups.find(({ semantics }) => semantics === 'BUNDLE')?.mids ?? [];
  return [...new Set([...before.filter((mid) => alive.includes(mid)), ...alive])];
};

const learned = (slot: Slot, answer: SessionDescription, index: number): Slot => ({
  ...slot,
  numbers: slot.numbers.learn(formatsOf(answer.media[index]!)),
});
