import type { Clock, Hashes } from '@ringdown/sans-io';
import {
  defaultRetransmission,
  ErrorCode,
  type Retransmission,
  type StunMessage,
  type TransportAddress,
  XorMappedAddress,
} from '@ringdown/stun';
import { sameAddress } from './address.ts';
import type { CandidatePair, RunningCheck } from './candidate-pair.ts';
import { writeCheck } from './check-message.ts';
import type { RoleKeeper } from './role.ts';
import type { Answer, Wire } from './wire.ts';

/** RFC 7675 §5.2. */
const FORBIDDEN = 403;
const ROLE_CONFLICT = 487;

/** Of a pair that has answered before: 0, 0.5, 1.5, 3.5 and 7.5 s, given up at 11.5 s, so that another is nominated. */
const nomination: Retransmission = Object.freeze({ rtoMs: 500, rc: 5, rm: 8 });
/** Is it still alive? 0, 0.5 and 1.5 s, given up at 3.5 s. */
const revival: Retransmission = Object.freeze({ rtoMs: 500, rc: 3, rm: 4 });
/** RFC 7675 §5.1: never sent again; the next one asks anew. The answer counts until consent expires. */
const consent: Retransmission = Object.freeze({ rtoMs: 30_000, rc: 1, rm: 1 });

export interface CheckPurse {
  /** The peer's username fragment, a colon, ours. */
  readonly username: string;
  /** Of the peer's password. */
  readonly key: Uint8Array;
}

export interface CheckUser {
  /** What the PRIORITY of a check of this pair says. */
  priorityOf(pair: CandidatePair): number;
  sent(pair: CandidatePair): void;
  /** @param isLatest whether it was the pair's latest check, not one that was cancelled since */
  succeeded(pair: CandidatePair, check: RunningCheck, mapped: TransportAddress): void;
  failed(pair: CandidatePair, check: RunningCheck, why: string): void;
  /** The peer does not want to be sent anything on this pair any more. */
  revoked(pair: CandidatePair): void;
  /** The roles are sorted out: it has to be checked again. */
  again(pair: CandidatePair): void;
}

/** Sends checks and reads their answers (RFC 8445 §7.2). */
export class ConnectivityChecks {
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #hashes: Hashes;
  readonly #role: RoleKeeper;
  readonly #purse: CheckPurse;
  readonly #user: CheckUser;

  constructor(
    wire: Wire,
    ports: { readonly clock: Clock; readonly hashes: Hashes },
    role: RoleKeeper,
    purse: CheckPurse,
    user: CheckUser,
  ) {
    this.#wire = wire;
    this.#clock = ports.clock;
    this.#hashes = ports.hashes;
    this.#role = role;
    this.#purse = purse;
    this.#user = user;
  }

  /** @param rtoMs of a pair that has not answered yet */
  perform(pair: CandidatePair, rtoMs: number): void {
    const known = pair.nominating ? nomination : revival;
    pair.check = this.#send(pair, pair.nominating, pair.valid ? known : { ...defaultRetransmission, rtoMs });
  }

  /** A check that only asks whether the peer still agrees (RFC 7675). */
  askConsent(pair: CandidatePair): void {
    this.#send(pair, false, consent);
  }

  #send(pair: CandidatePair, nominates: boolean, retransmission: Retransmission): RunningCheck {
    const check: RunningCheck = {
      claim: this.#role.claim,
      nominates,
      priority: this.#user.priorityOf(pair),
      sentAt: this.#clock.now(),
      sends: 0,
      transaction: undefined,
    };
    check.transaction = this.#wire.ask({
      base: pair.own.base,
      to: pair.remote.candidate,
      key: this.#purse.key,
      retransmission,
      write: (id) =>
        writeCheck(id, { username: this.#purse.username, ...check }, this.#purse.key, this.#hashes),
      sent: () => {
        check.sends++;
        check.sentAt = this.#clock.now();
        pair.sends++;
        pair.lastSentAt = check.sentAt;
        this.#user.sent(pair);
      },
      done: (answer) => this.#ended(pair, check, answer),
    });
    return check;
  }

  #ended(pair: CandidatePair, check: RunningCheck, answer: Answer): void {
    if (answer.kind === 'timeout') {
      const refusal = answer.refusal === undefined ? '' : `, but ${answer.refusal} without integrity`;
      this.#user.failed(pair, check, `no answer to ${times(check.sends)}${refusal}`);
      return;
    }
    const { message, from, base } = answer;
    if (base !== pair.own.base.id || !sameAddress(from, pair.remote.candidate)) {
      this.#user.failed(pair, check, 'the answer came from, or to, another address');
      return;
    }
    pair.roundTripMs = this.#clock.now() - check.sentAt;
    if (message.class === 'error') this.#refused(pair, check, message);
    else this.#answered(pair, check, message);
  }

  #answered(pair: CandidatePair, check: RunningCheck, message: StunMessage): void {
    const mapped = message.get(XorMappedAddress);
    if (mapped === undefined) this.#user.failed(pair, check, 'the answer has no mapped address');
    else this.#user.succeeded(pair, check, mapped);
  }

  #refused(pair: CandidatePair, check: RunningCheck, message: StunMessage): void {
    const { code, reason } = message.get(ErrorCode) ?? { code: 0, reason: 'no error code' };
    if (code === FORBIDDEN && pair.valid) this.#user.revoked(pair);
    else if (code !== ROLE_CONFLICT) this.#user.failed(pair, check, `refused: ${code} ${reason}`.trimEnd());
    else if (this.#role.refused(check.claim.role)) this.#user.again(pair);
    else this.#user.failed(pair, check, 'the peer takes neither role');
  }
}

const times = (count: number): string => (count === 1 ? 'one check' : `${count} checks`);
