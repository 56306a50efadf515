import type { AgreedSecurity } from '@ringdown/sdp';
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
  #isUsable = false;
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

  close(): void {
    this.#dtls?.close();
    this.#dtls = undefined;
    this.#agreed = undefined;
    this.#early = [];
  }

  #protectWithKeys({ local, remote }: Extract<AgreedSecurity, { kind: 'sdes' }>): void {
    const guard = this.#ports.sdes?.guard(local, remote);
    if (guard === undefined) this.#user.failed('SRTP with keys in the description is not had here');
    else this.#user.protect(guard);
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
    const key = this.#key;
    // It may speak, and even fail, before it is handed over.
    const isCurrent = (): boolean => this.#key === key && this.#agreed !== undefined;
    this.#dtls = dtls.open(
      { role, identity: dtls.identity, fingerprints },
      {
        transmit: (bytes) => {
          if (isCurrent()) this.#user.transmit(bytes);
        },
        secured: (guard) => {
          if (isCurrent()) this.#user.protect(guard);
        },
        failed: (why) => {
          if (isCurrent()) this.#user.failed(why);
        },
      },
    );
    for (const bytes of this.#early.splice(0)) this.#dtls.received(bytes);
  }
}
