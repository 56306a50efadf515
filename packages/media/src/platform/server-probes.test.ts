import {
  createByteTransport,
  createLiveTimers,
  makeSelfSignedCertificate,
  nodeClock,
  nodeHashes,
  nodeRandom,
  nodeSockets,
} from '@ringdown/net';
import type { SocketAddress } from '@ringdown/sans-io';
import { answerBinding } from '@ringdown/stun';
import { expect, onTestFinished, test } from 'vitest';
import { ServerProbes } from './server-probes.ts';

const certificate = makeSelfSignedCertificate(['turn.example', '127.0.0.1']);

/** A server that answers Binding over UDP, or nothing, and speaks TLS. */
const serving = async (
  answers: boolean,
): Promise<{ readonly udp: SocketAddress; readonly tls: SocketAddress }> => {
  const transport = await createByteTransport(
    { hosts: ['127.0.0.1'], port: 0, tlsPort: 0, certificate },
    {
      datagram: (bytes, remote, port) => {
        const answer = answers ? answerBinding(bytes, remote) : undefined;
        if (answer !== undefined) port.send(Buffer.from(answer), remote);
      },
      accepted: (stream) => stream.start({ received: () => undefined, closed: () => undefined }),
    },
  );
  onTestFinished(() => transport.close());
  const at = (name: string): SocketAddress => ({
    address: '127.0.0.1',
    port: transport.listeners.find((one) => one.transport === name)?.port ?? 0,
  });
  return { udp: at('udp'), tls: at('tls') };
};

const probing = (authorities: readonly string[] = [certificate.certificatePem]): ServerProbes => {
  const timers = createLiveTimers(nodeClock);
  const probes = new ServerProbes({
    ...{
      sockets: nodeSockets({ loopback: true, authorities }),
      timers,
      random: nodeRandom,
      hashes: nodeHashes,
    },
    localAddressToward: () => '127.0.0.1',
  });
  onTestFinished(() => {
    probes.close();
    timers.close();
  });
  return probes;
};

test('a server that answers Binding is there, one that is silent is not', async () => {
  const probes = probing();
  expect(await probes.answersBinding((await serving(true)).udp)).toBe(true);
  expect(await probes.answersBinding((await serving(false)).udp)).toBe(false);
});

test('a server that speaks TLS is there where it proves its name', async () => {
  const { tls } = await serving(true);
  expect(await probing().opensTls(tls, 'turn.example')).toBe(true);
  expect(await probing().opensTls(tls, '127.0.0.1')).toBe(true);
  expect(await probing().opensTls(tls, 'other.example')).toBe(false);
  expect(await probing([]).opensTls(tls, 'turn.example')).toBe(false);
  expect(await probing().opensTls({ ...tls, port: 9 }, 'turn.example')).toBe(false);
});

test('what runs at the end is never answered', async () => {
  const probes = probing();
  let answered = 0;
  const { udp, tls } = await serving(false);
  void probes.answersBinding(udp).then(() => answered++);
  void probes.opensTls(tls, 'turn.example').then(() => answered++);
  probes.close();
  await probing().opensTls(tls, 'turn.example');
  expect(answered).toBe(0);
});
