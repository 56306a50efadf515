import type { Sockets, StreamSocketUser, UdpSocket, UdpSocketUser } from '@ringdown/sans-io';
import { BINDING, ErrorCode, Malformed, parseStun, type StunMessage } from '@ringdown/stun';
import * as turn from '@ringdown/turn';

const METHODS: ReadonlyMap<number, string> = new Map([
  [BINDING, 'Binding'],
  [turn.ALLOCATE, 'Allocate'],
  [turn.REFRESH, 'Refresh'],
  [turn.SEND, 'Send'],
  [turn.DATA, 'Data'],
  [turn.CREATE_PERMISSION, 'CreatePermission'],
  [turn.CHANNEL_BIND, 'ChannelBind'],
]);

/**
 * Sockets that count the messages which pass them, by name: `Allocate request`, `Refresh success`, `Allocate error 401`,
 * `ChannelData sent`, `ChannelData received`.
 */
export interface CountedSockets extends Sockets {
  count(name: string): number;
}

export function countedSockets(sockets: Sockets): CountedSockets {
  const counts = new Map<string, number>();
  const add = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  const datagram = (bytes: Uint8Array, way: string): void => {
    const message = parseStun(bytes);
    add(message instanceof Malformed ? `ChannelData ${way}` : nameOf(message));
  };
  const stream = (way: string): ((bytes: Uint8Array) => void) => {
    const framer = new turn.StreamFramer();
    return (bytes) => {
      framer.push(bytes.slice());
      for (let one = framer.next(); one !== undefined; one = framer.next()) {
        if (one instanceof Malformed) throw new Error(`what was ${way} is no TURN: ${one.why}`);
        datagram(one, way);
      }
    };
  };
  return {
    addresses: () => sockets.addresses(),
    count: (name) => counts.get(name) ?? 0,
    openUdp: (options, user) => sockets.openUdp(options, countedUser(user, datagram)),
    connect: (options, user) => {
      const [sent, received] = [stream('sent'), stream('received')];
      const counted: StreamSocketUser = {
        opened: () => user.opened(socket),
        closed: (why) => user.closed(why),
        received: (bytes) => {
          received(bytes);
          user.received(bytes);
        },
      };
      const inner = sockets.connect(options, counted);
      const socket = {
        get local() {
          return inner.local;
        },
        remote: inner.remote,
        close: () => inner.close(),
        send: (bytes: Uint8Array) => {
          sent(bytes);
          inner.send(bytes);
        },
      };
      return socket;
    },
  };
}

const countedUser = (
  user: UdpSocketUser,
  datagram: (bytes: Uint8Array, way: string) => void,
): UdpSocketUser => ({
  failed: (why) => user.failed(why),
  received: (bytes, from) => {
    datagram(bytes, 'received');
    user.received(bytes, from);
  },
  opened: (inner: UdpSocket) =>
    user.opened({
      local: inner.local,
      close: () => inner.close(),
      send: (bytes, to) => {
        datagram(bytes, 'sent');
        inner.send(bytes, to);
      },
    }),
});

const nameOf = (message: StunMessage): string => {
  const name = `${METHODS.get(message.method) ?? message.method} ${message.class}`;
  return message.class === 'error' ? `${name} ${message.get(ErrorCode)?.code}` : name;
};
