import { type ByteTransport, createByteTransport, type UdpPort } from '@ringdown/net';
import type { SocketAddress } from '@ringdown/sans-io';
import { BindingServer } from '@ringdown/stun';
import { Refusal } from '../refusal.ts';
import type { TurnTransportOptions } from './turn-transport.ts';

/** RFC 5780 over the four sockets that it needs: two addresses of this machine, two ports on each. */
export interface BehaviourPorts {
  readonly listeners: ByteTransport['listeners'];
  /** Answers a Binding request that came to one of the addresses. @returns whether it was for one of the four */
  answer(bytes: Uint8Array, source: SocketAddress, port: UdpPort): boolean;
  close(): Promise<void>;
}

/**
 * @param main the transport of the TURN port, which has one or both of the addresses
 * @throws Refusal where the other address, or a port, cannot be had
 */
export const openBehaviourPorts = async (
  main: ByteTransport,
  otherAddress: string,
  options: TurnTransportOptions,
): Promise<BehaviourPorts> => {
  const [first] = main.listeners.filter(
    ({ transport, address }) =>
      transport === 'udp' &&
      address !== otherAddress &&
      !address.includes(':') &&
      !isLoopbackBeside(address, otherAddress),
  );
  if (first === undefined)
    throw new Refusal(
      `stun.other_address ${otherAddress} needs another IPv4 address beside it that is listened at: check --host`,
    );
  const addresses = [first.address, otherAddress] as const;
  const ports = [first.port, first.port + 1] as const;
  const server = new BindingServer({ behaviour: { addresses, ports }, responsePort: true });
  const opened: ByteTransport[] = [];
  const portAt = ({ address, port }: SocketAddress): UdpPort | undefined =>
    [main, ...opened].map((one) => one.udpPort(address)).find((one) => one?.local.port === port);
  const answer = (bytes: Uint8Array, source: SocketAddress, port: UdpPort): boolean => {
    if (!addresses.includes(port.local.address) || !ports.includes(port.local.port)) return false;
    const told = server.answer(bytes, source, port.local);
    if (told !== undefined)
      portAt(told.from)?.send(
        Buffer.from(told.bytes.buffer, told.bytes.byteOffset, told.bytes.byteLength),
        told.to,
      );
    return true;
  };
  const open = async (hosts: readonly string[], port: number): Promise<void> => {
    opened.push(
      await createByteTransport(
        { ...options, hosts, port },
        {
          datagram: (bytes, source, at) => void answer(bytes, source, at),
          accepted: (stream) => stream.close('nothing but STUN over UDP is here'),
        },
      ),
    );
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((one) => one.close()));
  };
  try {
    if (main.udpPort(otherAddress) === undefined) await open([otherAddress], ports[0]);
    await open(addresses, ports[1]);
  } catch (error) {
    await close();
    throw error;
  }
  return { listeners: opened.flatMap(({ listeners }) => listeners), answer, close };
};

/** Loopback pairs with loopback only. */
const isLoopbackBeside = (address: string, other: string): boolean =>
  address.startsWith('127.') !== other.startsWith('127.');
