import { constantTimeEqual, type Hashes, type Random, type WallTime } from '@ringdown/sans-io';
import { TwoGenerations } from '../policy/two-generations.ts';

export interface NonceOptions {
  /** How long a nonce is good for; then a challenge says `stale=true`. */
  readonly lifetimeMs: number;
  /** Addresses whose last signature is remembered, in each of two generations. */
  readonly signatures: number;
}

export const nonceDefaults: NonceOptions = Object.freeze({ lifetimeMs: 300_000, signatures: 16_384 });

export type NonceVerdict = 'valid' | 'stale' | 'forged';

/** 128 bits in base64url. */
const SIGNATURE_LENGTH = 22;

/** Serials begin again after this many; small integers for V8, and far more than fit into a second. */
const SERIALS = 2 ** 30;

/** The signature of one address in one second. */
interface Signature {
  readonly second: string;
  readonly text: string;
}

/**
 * Nonces without state (RFC 7616 §3.3, §5.4): `second.serial.signature`, where the signature binds the second to the
 * client's address (not to its port, which a NAT may change), so that a nonce is good only where it was sent, for a while,
 * and also after a restart. The serial makes each nonce another and need not be signed: who makes one up has only made his
 * own nonce. So all nonces that an address gets within a second cost one hash, and checking one mostly none.
 */
export class Nonces {
  private readonly hashes: Hashes;
  private readonly key: Uint8Array;
  private readonly lifetimeMs: number;
  private readonly signatures: TwoGenerations<Signature>;
  private serial: number;
  /** What was asked last: under strain it is asked twice. */
  private last: { nonce: string; address: string; now: WallTime; verdict: NonceVerdict } | undefined;

  /** `key`: at least 32 random bytes that outlive the process. */
  constructor(
    { hashes, random }: { readonly hashes: Hashes; readonly random: Random },
    key: Uint8Array,
    options: Partial<NonceOptions> = {},
  ) {
    const { lifetimeMs, signatures } = { ...nonceDefaults, ...options };
    if (key.length < 32) throw new RangeError('the key of nonces must have at least 32 bytes');
    this.hashes = hashes;
    this.key = key;
    this.lifetimeMs = lifetimeMs;
    this.signatures = new TwoGenerations(signatures);
    // Nonces of one second before and after a restart must differ too.
    this.serial = Math.floor(random.fraction() * SERIALS);
  }

  /** A nonce that nobody else was given. */
  issue(address: string, now: WallTime): string {
    const second = Math.floor(now / 1000).toString(36);
    let signature = this.signatures.get(address);
    if (signature === undefined || signature.second !== second) {
      signature = { second, text: this.sign(second, address) };
      this.signatures.set(address, signature);
    }
    this.serial = (this.serial + 1) % SERIALS;
    return `${second}.${this.serial.toString(36)}.${signature.text}`;
  }

  /** Whether we gave this nonce to this address, and not too long ago. */
  check(nonce: string, address: string, now: WallTime): NonceVerdict {
    let { last } = this;
    if (last === undefined || nonce !== last.nonce || address !== last.address || now !== last.now) {
      last = { nonce, address, now, verdict: this.judge(nonce, address, now) };
      this.last = last;
    }
    return last.verdict;
  }

  private judge(nonce: string, address: string, now: WallTime): NonceVerdict {
    const dot = nonce.indexOf('.');
    const signatureStart = nonce.length - SIGNATURE_LENGTH;
    if (dot < 1 || dot > 11 || signatureStart <= dot || nonce.charCodeAt(signatureStart - 1) !== 0x2e)
      return 'forged';
    const second = nonce.slice(0, dot);
    const known = this.signatures.get(address);
    const signature = known?.second === second ? known.text : this.sign(second, address);
    if (!constantTimeEqual(nonce.slice(signatureStart), signature)) return 'forged';
    return Math.abs(now - secondOf(nonce) * 1000) <= this.lifetimeMs + 1000 ? 'valid' : 'stale';
  }

  private sign(second: string, address: string): string {
    return this.hashes.hmacToken('sha256', this.key, `nonce ${second} ${address}`).slice(0, SIGNATURE_LENGTH);
  }
}

/** The second of a nonce of ours, since 1970. */
export const secondOf = (nonce: string): number => readBase36(nonce, 0, nonce.indexOf('.'));

/** What tells a nonce of ours from all others that were given in the same second. */
export const serialOf = (nonce: string): number =>
  readBase36(nonce, nonce.indexOf('.') + 1, nonce.length - SIGNATURE_LENGTH - 1);

/** The value of digits and small letters; characters that are neither, which a peer made up, give some value too. */
const readBase36 = (text: string, start: number, end: number): number => {
  let value = 0;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    value = value * 36 + code - (code < 0x3a ? 0x30 : 0x57);
  }
  return value;
};
