/** The process of a {@link SoundRelay}. It says `ready PORT`, and `traffic JSON` whenever it is told anything. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { seededRandom } from '@ringdown/sans-io';
import type { Endpoint } from './provider.ts';
import type { SoundLine, SoundTraffic } from './sound-relay.ts';

const { address, server, line } = JSON.parse(process.argv[2] ?? '') as {
  readonly address: string;
  readonly server: Endpoint;
  readonly line: SoundLine;
};
const { lossRatio = 0, delayMs = 0, jitterMs = 0, seed = 1, telephoneEvents = true } = line;

const IP_AND_UDP_BYTES = 28;

const bound = async (): Promise<Socket> => {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.on('error', () => {}); // a peer that has gone away; the case times out
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
};

/** Version 2 and no packet type of RTCP (RFC 5761 §4). */
const isRtp = (bytes: Buffer): boolean =>
  bytes.length >= 12 && bytes[0]! >> 6 === 2 && !(bytes[1]! >= 192 && bytes[1]! <= 223);

/** One direction of the line. Which packets it loses follows from their place after the first one. */
class Direction {
  readonly #random = seededRandom(seed);
  readonly #jitter = seededRandom(seed + 1);
  readonly #draws: boolean[] = [];
  readonly #queue: { readonly bytes: Buffer; readonly at: number }[] = [];
  #first: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  came = 0;
  lost = 0;
  largestBytes = 0;
  /** Where it leads to, once that was described. */
  to: Endpoint | undefined;
  readonly #from: Socket;

  constructor(from: Socket) {
    this.#from = from;
  }

  take(bytes: Buffer): void {
    this.largestBytes = Math.max(this.largestBytes, bytes.length + IP_AND_UDP_BYTES);
    if (isRtp(bytes) && this.#isLost(bytes)) return;
    const due = performance.now() + delayMs + jitterMs * this.#jitter.fraction();
    this.#queue.push({ bytes, at: Math.max(due, this.#queue.at(-1)?.at ?? 0) });
    if (delayMs + jitterMs === 0) this.#pass();
    else this.#wait();
  }

  traffic(): SoundTraffic {
    const { came, lost, largestBytes } = this;
    return { came, lost, largestBytes };
  }

  #isLost(packet: Buffer): boolean {
    const sequenceNumber = packet.readUInt16BE(2);
    this.#first ??= sequenceNumber;
    const place = (sequenceNumber - this.#first) & 0xffff;
    while (this.#draws.length <= place) this.#draws.push(this.#random.fraction() < lossRatio);
    const isLost = this.#draws[place]!;
    this.came += 1;
    if (isLost) this.lost += 1;
    return isLost;
  }

  #wait(): void {
    const [next] = this.#queue;
    if (next === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#pass();
        this.#wait();
      },
      Math.max(1, next.at - performance.now()),
    );
  }

  #pass(): void {
    const now = performance.now();
    while (this.#queue[0] !== undefined && this.#queue[0].at <= now) {
      const { bytes } = this.#queue.shift()!;
      if (this.to !== undefined) this.#from.send(bytes, this.to.port, this.to.host);
    }
  }
}

const [front, back, inner, outer] = await Promise.all([bound(), bound(), bound(), bound()]);
const out = new Direction(outer);
const into = new Direction(inner);
inner.on('message', (bytes) => out.take(bytes));
outer.on('message', (bytes) => into.take(bytes));

/** Where a description says that its sound is to be sent to. */
const destinationOf = (description: string): Endpoint | undefined => {
  const host = /^c=IN IP4 (\S+)/m.exec(description)?.[1];
  const port = /^m=audio (\d+)/m.exec(description)?.[1];
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) };
};

/** The same description with our own place; RTCP comes there too, so that both sides must know rtcp-mux. */
const withPlace = (description: string, port: number): string => {
  const [, events = ''] = /^a=rtpmap:(\d+) telephone-event/im.exec(description) ?? [];
  const lines = description
    .replace(/^c=IN IP4 \S+/gm, `c=IN IP4 ${address}`)
    .replace(/^m=audio \d+/m, `m=audio ${port}`)
    .replace(/^a=rtcp:.*\r\n/gm, '');
  if (telephoneEvents || events === '') return lines;
  return lines
    .replace(/^m=audio .*$/m, (media) => media.replace(new RegExp(` ${events}(?=[ \r]|$)`), ''))
    .replace(new RegExp(`^a=(?:rtpmap|fmtp):${events} .*\r\n`, 'gm'), '');
};

/** A SIP message with its description redirected to one of our sockets, and what stood there told to `learn`. */
const redirected = (datagram: Buffer, to: Socket, learn: (destination: Endpoint) => void): Buffer => {
  const text = datagram.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const head = text.slice(0, end);
  if (end < 0 || !/^(?:Content-Type|c)\s*:\s*application\/sdp/im.test(head)) return datagram;
  const description = text.slice(end + 4);
  const destination = destinationOf(description);
  if (destination !== undefined) learn(destination);
  const body = withPlace(description, to.address().port);
  const length = `Content-Length: ${body.length}`;
  return Buffer.from(`${head.replace(/^(?:Content-Length|l)\s*:.*$/im, length)}\r\n\r\n${body}`, 'latin1');
};

let phone: Endpoint | undefined;
front.on('message', (datagram, from) => {
  phone = { host: from.address, port: from.port };
  const passed = redirected(datagram, outer, (place) => {
    into.to = place;
  });
  back.send(passed, server.port, server.host);
});
back.on('message', (datagram) => {
  const passed = redirected(datagram, inner, (place) => {
    out.to = place;
  });
  if (phone !== undefined) front.send(passed, phone.port, phone.host);
});

process.stdin.on('data', () => {
  process.stdout.write(`traffic ${JSON.stringify({ out: out.traffic(), in: into.traffic() })}\n`);
});
process.stdout.write(`ready ${front.address().port}\n`);
