import { constantTimeEqual, type Hashes } from '@ringdown/sans-io';
import type { FlowToken } from '../incoming.ts';

/** Characters of the signature: 96 bits. */
const SIGNATURE_LENGTH = 16;

/**
 * Writes and reads the user part of our Record-Routes (RFC 5626 §5.3): which flow leads to that side of the dialog, signed
 * together with the Call-ID, so that it serves in this dialog only. The key is kept in the home: tokens outlive a restart.
 * IPv6 colons are written as dashes.
 */
export class FlowTokens {
  private readonly hashes: Hashes;
  private readonly key: Uint8Array;

  constructor(hashes: Hashes, key: Uint8Array) {
    this.hashes = hashes;
    this.key = key;
  }

  write({ kind, flow }: FlowToken, callId: string): string {
    const payload = `${kind}_${flow.replaceAll(' ', '_').replaceAll(':', '-').replaceAll('%', '~')}`;
    return `${payload}_${this.sign(payload, callId)}`;
  }

  /** @returns undefined where this is no token of ours, or not of this call. */
  read(user: string, callId: string): FlowToken | undefined {
    const parts = user.split('_');
    // A signature in base64url may itself contain the separator.
    if (parts.length < 7 || (parts[0] !== 'phone' && parts[0] !== 'peer')) return undefined;
    const payload = parts.slice(0, 6).join('_');
    if (!constantTimeEqual(user.slice(payload.length + 1), this.sign(payload, callId))) return undefined;
    const flow = parts.slice(1, 6).join(' ').replaceAll('-', ':').replaceAll('~', '%');
    return { kind: parts[0], flow };
  }

  private sign(payload: string, callId: string): string {
    return this.hashes.hmacToken('sha256', this.key, `${payload} ${callId}`).slice(0, SIGNATURE_LENGTH);
  }
}
