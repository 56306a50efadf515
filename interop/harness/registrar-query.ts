import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { within } from './deadline.ts';
import type { Provider } from './provider.ts';
import {
  authorize,
  formatSip,
  headerOf,
  headersOf,
  kindOf,
  parseSip,
  type SipText,
  token,
} from './sip-text.ts';
import type { Stage } from './suite.ts';

export interface Registration {
  /** Final status of the query. */
  readonly status: number;
  readonly contacts: readonly string[];
}

/** Queries in the air at a time. */
const window = 40;

/** Asks a registrar what is registered, by REGISTER without a Contact (RFC 3261 §10.2.3), for many users at a time. */
export async function queryRegistrations(
  stage: Stage,
  provider: Provider,
  address: string,
  users: readonly string[],
): Promise<ReadonlyMap<string, Registration>> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  stage.defer(() => {
    socket.removeAllListeners();
    socket.close();
  });
  const waiting = new Map<string, (response: SipText) => void>();
  socket.on('message', (datagram) => {
    const message = parseSip(datagram.toString('latin1'));
    if (Number(kindOf(message)) >= 200)
      waiting.get(headerOf(message, 'CSeq') + headerOf(message, 'Call-ID'))?.(message);
  });
  const answers = new Map<string, Registration>();
  const left = [...users];
  const worker = async (): Promise<void> => {
    for (let user = left.pop(); user !== undefined; user = left.pop()) {
      answers.set(user, await query(socket, waiting, provider, address, user));
    }
  };
  await Promise.all(Array.from({ length: window }, worker));
  return answers;
}

async function query(
  socket: Socket,
  waiting: Map<string, (response: SipText) => void>,
  provider: Provider,
  address: string,
  user: string,
): Promise<Registration> {
  const uri = `sip:${provider.domain}`;
  const aor = `<sip:${user}@${provider.domain}>`;
  const callId = token();
  const tag = token();
  const { host, port } = provider.endpoint('udp');
  let authorization: readonly string[] = [];
  for (let cseq = 1; ; cseq += 1) {
    const request = formatSip(`REGISTER ${uri} SIP/2.0`, [
      ['Via', `SIP/2.0/UDP ${address}:${socket.address().port};branch=z9hG4bK${token()};rport`],
      ['Max-Forwards', '70'],
      ['From', `${aor};tag=${tag}`],
      ['To', aor],
      ['Call-ID', callId],
      ['CSeq', `${cseq} REGISTER`],
      ...authorization.map((value) => ['Authorization', value] as const),
    ]);
    const key = `${cseq} REGISTER${callId}`;
    const answered = new Promise<SipText>((resolve) => waiting.set(key, resolve));
    const send = (): void => socket.send(request, port, host);
    const again = setInterval(send, 500);
    send();
    const response = await within(answered, 8_000, `an answer to the query of ${user}`).finally(() => {
      clearInterval(again);
      waiting.delete(key);
    });
    const status = Number(kindOf(response));
    if (status !== 401 || cseq === 2) return { status, contacts: headersOf(response, 'Contact') };
    const challenge = headerOf(response, 'WWW-Authenticate');
    authorization = [authorize(challenge, { user, password: `${user}-secret`, method: 'REGISTER', uri })];
  }
}
