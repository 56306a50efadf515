import { constantTimeEqual, type Hashes } from '@ringdown/sans-io';
import { inOnePiece } from '@ringdown/sip';
import type { FlowToken } from '../incoming.ts';
import { TwoGenerations } from '../policy/two-generations.ts';

/** Characters of the signature: 96 bits. */
const SIGNATURE_LENGTH = 16;
/** Kind, transport, local address and port, remote address and port; behind that port its device, where it is known. */
const PARTS = 6;
const DEVICE = /!([0-9a-z]+)\.([0-9a-z]+)$/;
/** Tokens that are remembered, in each of two generations; none of longer Call-IDs than usual. */
const REMEMBERED = 2_048;
const LONGEST_REMEMBERED = 256;

/**
 * Writes and reads the user part of our Record-Routes (RFC 5626 §5.3): which flow leads to that side of the dialog, signed
 * together with the Call-ID, so that it serves in this dialog only. The key is kept in the home: tokens outlive a restart.
 * IPv6 colons are written as dashes.
 */
export class FlowTokens {
  private readonly hashes: Hashes;
  private readonly key: Uint8Array;
  private readonly known = new TwoGenerations<FlowToken>(REMEMBERED);

  constructor(hashes: Hashes, key: Uint8Array) {
    this.hashes = hashes;
    this.key = key;
  }

  write(token: FlowToken, callId: string): string {
    const payload = `${token.kind}_${inUriUser(token.flow)}${deviceText(token)}`;
    const user = `${payload}_${this.sign(payload, callId)}`;
    this.remember(user, callId, token);
    return user;
  }

  /** @returns undefined where this is no token of ours, or not of this call. */
  read(user: string, callId: string): FlowToken | undefined {
    const known = this.known.get(rememberedAs(user, callId));
    if (known !== undefined) return known;
    const kind = user.startsWith('phone_') ? 'phone' : 'peer';
    if (kind === 'peer' && !user.startsWith('peer_')) return undefined;
    // Kind, transport, both addresses and their ports; a signature in base64url may itself contain the separator.
    let end = kind.length;
    for (let part = 1; part < PARTS && end >= 0; part++) end = user.indexOf('_', end + 1);
    if (end < 0) return undefined;
    const payload = user.slice(0, end);
    if (!constantTimeEqual(user.slice(end + 1), this.sign(payload, callId))) return undefined;
    const device = DEVICE.exec(payload);
    const token: FlowToken = {
      kind,
      flow: fromUriUser(payload.slice(kind.length + 1, device?.index)),
      device: device === null ? undefined : { account: Number.parseInt(device[1]!, 36), tag: device[2]! },
    };
    this.remember(user, callId, token);
    return token;
  }

  /** A call shows each of its tokens in its ACK, its BYE and whatever comes between. Only good ones are remembered. */
  private remember(user: string, callId: string, token: FlowToken): void {
    if (user.length + callId.length <= LONGEST_REMEMBERED) this.known.set(rememberedAs(user, callId), token);
  }

  private sign(payload: string, callId: string): string {
    return this.hashes.hmacToken('sha256', this.key, `${payload} ${callId}`).slice(0, SIGNATURE_LENGTH);
  }
}

const rememberedAs = (user: string, callId: string): string => inOnePiece([user, ' ', callId]);

/** A flow's key as the user of a URI may have it. */
const inUriUser = (flow: string): string => {
  const written = flow.replaceAll(' ', '_');
  return written.includes(':') ? written.replaceAll(':', '-').replaceAll('%', '~') : written;
};

const deviceText = ({ device }: FlowToken): string =>
  device === undefined ? '' : `!${device.account.toString(36)}.${device.tag}`;

const fromUriUser = (written: string): string => {
  const flow = written.replaceAll('_', ' ');
  return flow.includes('-') ? flow.replaceAll('-', ':').replaceAll('~', '%') : flow;
};
