import type { SocketAddress, StreamSocket, StreamSocketUser, UdpSocket } from '@ringdown/sans-io';
import type { Host } from '../src/host/host.ts';
import type { World } from '../src/world/world.ts';

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** A UDP socket that writes down what it is told. */
export interface Party {
  readonly socket: UdpSocket;
  readonly local: SocketAddress;
  readonly received: { readonly text: string; readonly from: SocketAddress; readonly at: number }[];
  readonly failures: string[];
  send(text: string, to: SocketAddress): void;
}

export const openParty = (world: World, host: Host, port = 0, address = host.address): Party => {
  const received: Party['received'] = [];
  const failures: string[] = [];
  let socket: UdpSocket | undefined;
  host.sockets.openUdp(
    { address, port },
    {
      opened: (opened) => {
        socket = opened;
      },
      failed: (why) => void failures.push(why),
      received: (bytes, from) => void received.push({ text: latin1(bytes), from, at: world.clock.now() }),
    },
  );
  world.advance(0);
  if (socket === undefined) throw new Error(failures.join());
  const opened = socket;
  return {
    socket: opened,
    local: opened.local,
    received,
    failures,
    send: (text, to) => opened.send(bytesOf(text), to),
  };
};

/** A party that sends everything back, and says from where it came. */
export const openEcho = (world: World, host: Host, port: number): Party => {
  let socket: UdpSocket | undefined;
  const received: Party['received'] = [];
  host.sockets.openUdp(
    { address: host.address, port },
    {
      opened: (opened) => {
        socket = opened;
      },
      failed: () => undefined,
      received: (bytes, from) => {
        received.push({ text: latin1(bytes), from, at: world.clock.now() });
        socket?.send(bytesOf(JSON.stringify(from)), from);
      },
    },
  );
  world.advance(0);
  const opened = socket!;
  return {
    socket: opened,
    local: opened.local,
    received,
    failures: [],
    send: (text, to) => opened.send(bytesOf(text), to),
  };
};

/** How a NAT shows a party to an echo: sends, waits a second, and reads the answer. */
export const mappedBy = (world: World, party: Party, echo: SocketAddress): SocketAddress | undefined => {
  const before = party.received.length;
  party.send('who am I?', echo);
  world.advance(1000);
  const answer = party.received[before];
  return answer === undefined ? undefined : JSON.parse(answer.text);
};

/** One end of a stream that writes down what it is told. */
export interface StreamEnd extends StreamSocketUser {
  socket: StreamSocket | undefined;
  text: string;
  closedWhy: string[];
  openedAt: number | undefined;
}

export const streamEnd = (world: World): StreamEnd => {
  const end: StreamEnd = {
    socket: undefined,
    text: '',
    closedWhy: [],
    openedAt: undefined,
    opened: (socket) => {
      end.socket = socket;
      end.openedAt = world.clock.now();
    },
    received: (bytes) => {
      end.text += latin1(bytes);
    },
    closed: (why) => void end.closedWhy.push(why),
  };
  return end;
};

export { bytesOf };
