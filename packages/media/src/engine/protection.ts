import type { AgreedSecurity, CryptoValue } from '@ringdown/sdp';
import type { Dtls } from '../secure/dtls.ts';
import { openGuard, type PacketGuard } from '../secure/packet-guard.ts';
import type { MediaEnginePorts } from './options.ts';

export interface ProtectionUser {
  /** Packets go and come in the care of this guard. */
  protect(guard: PacketGuard): void;
  /** What was agreed needs another guard, which is not there yet. */
  unprotect(): void;
  /** A datagram of a handshake. */
  transmit(bytes: Uint8Array): void;
  /** A clause. */
  failed(why: string): void;
}

/** A handshake of the peer's may come before its answer: so many datagrams of it are kept. */
const MOST_EARLY = 8;

/** Brings what was agreed on security about: no protection, keys of the description, or a handshake. */
export class Protection {
  readonly #ports: Pick<MediaEnginePorts, 'sdes' | 'dtls'>;
  readonly #user: ProtectionUser;
  #agreed: AgreedSecurity | undefined = undefined;
  #key = '';
  #dtls: Dtls | undefined = undefined;
  #keyed: Keyed | undefined = undefined;
  #isUsable = false;
  /** Counts those that are the peer, one after the other. */
  #turn = 0;
  #early: Uint8Array[] = [];

  constructor(ports: Pick<MediaEnginePorts, 'sdes' | 'dtls'>, user: ProtectionUser) {
    this.#ports = ports;
    this.#user = user;
  }

  /** What was agreed, at first and each time after. What is as it was goes on (RFC 8842 §5.5). */
  agree(security: AgreedSecurity): void {
    const key = JSON.stringify(security);
    if (key === this.#key) return;
    this.#key = key;
    this.#agreed = security;
    this.#dtls?.close();
    this.#dtls = undefined;
    this.#user.unprotect();
    switch (security.kind) {
      case 'none':
        this.#user.protect(openGuard);
        break;
      case 'sdes':
        this.#protectWithKeys(security);
        break;
      case 'dtls-srtp':
        this.#shakeHands();
    }
  }

  /** Whether something can be sent: a handshake is begun only then. */
  usable(isUsable: boolean): void {
    this.#isUsable = isUsable;
    this.#shakeHands();
  }

  /** A datagram of a handshake. */
  received(bytes: Uint8Array): void {
    if (this.#dtls !== undefined) this.#dtls.received(bytes);
    else if (this.#early.length < MOST_EARLY) this.#early.push(bytes);
  }

  /**
   * Somebody else is the peer. Where we are the server, all that a client has said until now was another's; a client goes on, for it
   * would say the same to a server that has heard it already.
   */
  startOver(): void {
    if (this.#agreed?.kind !== 'dtls-srtp' || this.#agreed.role !== 'server') return;
    const before = this.#dtls;
    this.#dtls = undefined;
    this.#early = [];
    this.#turn++;
    before?.close();
    this.#shakeHands();
  }

  close(): void {
    this.#dtls?.close();
    this.#dtls = undefined;
    this.#agreed = undefined;
    this.#early = [];
  }

  /** A key that stays goes on counting: what it has protected may not be protected with it again (RFC 3711 §9.1). */
  #protectWithKeys({ local, remote }: Extract<AgreedSecurity, { kind: 'sdes' }>): void {
    const { sdes } = this.#ports;
    const before = this.#keyed;
    if (sdes === undefined) {
      this.#user.failed('SRTP with keys in the description is not had here');
      return;
    }
    const made = sdes.guard(local, remote);
    const isSameSuite = before?.local.suite === local.suite;
    const sending = isSameSuite && isSameKey(before.local, local) ? before.sending : made;
    const receiving = isSameSuite && isSameKey(before.remote, remote) ? before.receiving : made;
    this.#keyed = { local, remote, sending, receiving };
    this.#user.protect({
      cipher: made.cipher,
      protectRtp: (packet) => sending.protectRtp(packet),
      protectRtcp: (packet) => sending.protectRtcp(packet),
      unprotectRtp: (packet) => receiving.unprotectRtp(packet),
      unprotectRtcp: (packet) => receiving.unprotectRtcp(packet),
    });
  }

  #shakeHands(): void {
    const agreed = this.#agreed;
    if (agreed?.kind !== 'dtls-srtp' || this.#dtls !== undefined || !this.#isUsable) return;
    const { dtls } = this.#ports;
    if (dtls === undefined) {
      this.#user.failed('DTLS is not had here');
      return;
    }
    const { role, fingerprints } = agreed;
    const [key, turn] = [this.#key, this.#turn];
    let hasKeys = false;
    // It may speak, and even fail, before it is handed over.
    const isCurrent = (): boolean => this.#key === key && this.#turn === turn && this.#agreed !== undefined;
    this.#dtls = dtls.open(
      { role, identity: dtls.identity, fingerprints },
      {
        transmit: (bytes) => {
          if (isCurrent()) this.#user.transmit(bytes);
        },
        secured: (guard) => {
          hasKeys = true;
          if (isCurrent()) this.#user.protect(guard);
        },
        // Who closes it later is about to hang up, and says so in SIP; the keys are good until then.
        failed: (why) => {
          if (isCurrent() && !hasKeys) this.#user.failed(why);
        },
      },
    );
    for (const bytes of this.#early.splice(0)) this.#dtls.received(bytes);
  }
}

interface Keyed {
  readonly local: CryptoValue;
  readonly remote: CryptoValue;
  readonly sending: PacketGuard;
  readonly receiving: PacketGuard;
}

/** Tags number the lines of one offer, no more. */
const isSameKey = (one: CryptoValue, other: CryptoValue): boolean =>
  one.key === other.key && one.masterKeyIndex?.value === other.masterKeyIndex?.value;
