import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Endpoint } from './provider.ts';
import { formatSip, headersOf, parseSip, type SipText } from './sip-text.ts';
import type { Stage } from './suite.ts';

/** A message on its way between the phone and its peer. */
export interface Posted {
  readonly from: 'phone' | 'peer';
  readonly message: SipText;
}

export interface SipPostOptions {
  readonly address: string;
  /** Where the peer listens. */
  readonly peer: Endpoint;
}

/**
 * What a phone takes for its server: registers whoever asks, and hands all else, byte for byte, to one peer and back, so that
 * the peer is as near as can be and says what it likes.
 */
export class SipPost {
  /** The phone's server, and where the peer says that it is reached. */
  readonly front: Endpoint;
  /** Where the peer sends what is meant for the phone. */
  readonly back: Endpoint;
  readonly posted: Posted[] = [];

  private constructor(front: Endpoint, back: Endpoint) {
    this.front = front;
    this.back = back;
  }

  static async open(stage: Stage, { address, peer }: SipPostOptions): Promise<SipPost> {
    const [front, back] = [await bound(stage, address), await bound(stage, address)];
    const post = new SipPost(
      { host: address, port: front.address().port },
      { host: address, port: back.address().port },
    );
    let phone: RemoteInfo | undefined;
    const note = (from: Posted['from'], datagram: Buffer): void =>
      void post.posted.push({ from, message: parseSip(datagram.toString('latin1')) });
    front.on('message', (datagram, from) => {
      // STUN, and what keeps a NAT's mapping alive, are no messages.
      if ((datagram[0] ?? 0) < 65) return;
      const message = parseSip(datagram.toString('latin1'));
      if (message.start.startsWith('REGISTER ')) {
        phone = from;
        front.send(registered(message), from.port, from.address);
        return;
      }
      note('phone', datagram);
      back.send(datagram, peer.port, peer.host);
    });
    back.on('message', (datagram) => {
      note('peer', datagram);
      if (phone !== undefined) front.send(datagram, phone.port, phone.address);
    });
    return post;
  }

  /** How many messages of one side begin so. */
  count(from: Posted['from'], start: RegExp): number {
    return this.posted.filter((one) => one.from === from && start.test(one.message.start)).length;
  }

  /** For people. */
  get ladder(): string {
    return this.posted
      .map(({ from, message }) => {
        const [cseq] = headersOf(message, 'CSeq');
        return `${from === 'phone' ? '→' : '        ←'} ${message.start} [${cseq}]`;
      })
      .join('\n');
  }
}

const registered = (request: SipText): string => {
  const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Contact'].flatMap((name) =>
    headersOf(request, name).map((value): readonly [string, string] => [
      name,
      name === 'To' ? `${value};tag=post` : value,
    ]),
  );
  return formatSip('SIP/2.0 200 OK', [...copied, ['Expires', headersOf(request, 'Expires')[0] ?? '600']]);
};

const bound = async (stage: Stage, address: string): Promise<Socket> => {
  const socket = createSocket('udp4');
  socket.on('error', () => {}); // a peer that has gone away; the case tells
  socket.bind(0, address);
  await once(socket, 'listening');
  stage.defer(() => void socket.close());
  return socket;
};
