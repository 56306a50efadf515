/** A UDP socket of the load generator: latin1 text in and out, to one server on loopback. */
import { createSocket } from 'node:dgram';

const BUFFER_BYTES = 4 * 1024 * 1024;

export interface LoadSocket {
  readonly port: number;
  send(text: string): void;
  close(): void;
}

/** Binds to 127.0.0.1:port (0: any) and talks to 127.0.0.1:serverPort only. */
export async function openSocket(
  port: number,
  serverPort: number,
  receive: (text: string) => void,
): Promise<LoadSocket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES, sendBufferSize: BUFFER_BYTES });
  socket.on('message', (bytes) => receive(bytes.toString('latin1')));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, '127.0.0.1', resolve);
  });
  await new Promise<void>((resolve) => socket.connect(serverPort, '127.0.0.1', resolve));
  // A server that is gone answers with ICMP: the run then ends by its time limit and reports the failures.
  socket.removeAllListeners('error');
  socket.on('error', () => undefined);
  const ignore = (): void => undefined;
  return {
    port: socket.address().port,
    send: (text) => socket.send(Buffer.from(text, 'latin1'), ignore),
    close: () => socket.close(),
  };
}
