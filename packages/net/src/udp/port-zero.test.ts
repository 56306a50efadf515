import type { SipMessage } from '@ringdown/sip';
import { expect, it } from 'vitest';
import { Datagrams } from './datagrams.ts';
import { openDgramPort } from './dgram-port.ts';

it('what comes from port 0 is not read', async () => {
  const told: SipMessage[] = [];
  const datagrams = new Datagrams(
    { advertise: (local) => local },
    { messageReceived: (message) => told.push(message), flowFailed: () => {} },
  );
  const port = await openDgramPort(
    { address: '127.0.0.1', port: 0, bufferBytes: 4_096, receive: () => {} },
    undefined,
  );
  const bytes = Buffer.from('OPTIONS sip:a SIP/2.0\r\n\r\n');
  datagrams.receive(port, bytes, { address: '127.0.0.1', port: 0 });
  expect(told).toEqual([]);
  datagrams.receive(port, bytes, { address: '127.0.0.1', port: 5_062 });
  expect(told).toHaveLength(1);
  await port.close();
});

it('nothing is sent to port 0, and nothing breaks by it', async () => {
  const port = await openDgramPort(
    { address: '127.0.0.1', port: 0, bufferBytes: 4_096, receive: () => {} },
    undefined,
  );
  expect(() => port.send(Buffer.from('x'), { address: '127.0.0.1', port: 0 })).not.toThrow();
  await port.close();
});
