/** The phones of the load generators as functions: what they say first, and what they answer. */
import { CONTACT_PORT, DOMAIN, FIRST_CALLEE, PAIRS, PASSWORD, userName } from '../accounts.ts';
import { answerChallenge } from './digest.ts';

export interface Datagram {
  readonly text: string;
  /** The port that it comes from. */
  readonly port: number;
}

export interface Exchange {
  readonly name: string;
  readonly succeeded: number;
  start(): Datagram;
  /** What comes back to a datagram of the server. */
  answer(text: string): Datagram[];
}

const CALLER_PORT = 16_061;

const idOf = (text: string): number => {
  const at = text.indexOf('z9hG4bK~') + 8;
  return Number.parseInt(text.slice(at, at + 10), 10);
};

export function registrations(firstUser: number, users: number): Exchange {
  let next = 0;
  let succeeded = 0;
  const uri = `sip:${DOMAIN}`;
  const register = (id: number, step: number, authorization: string): Datagram => {
    const user = userName(firstUser + (id % users));
    const text =
      `REGISTER ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${CALLER_PORT};branch=z9hG4bK~${id}~${step}~r${firstUser};rport\r\n` +
      `Max-Forwards: 70\r\nFrom: <sip:${user}@${DOMAIN}>;tag=1r${id}\r\nTo: <sip:${user}@${DOMAIN}>\r\n` +
      `Call-ID: ${id}-1@127.0.0.1\r\nCSeq: ${step} REGISTER\r\n` +
      `Contact: <sip:${user}@127.0.0.1:${CONTACT_PORT}>\r\nExpires: 3600\r\n${authorization}` +
      'User-Agent: bench\r\nContent-Length: 0\r\n\r\n';
    return { text, port: CALLER_PORT };
  };
  return {
    name: 'registration',
    get succeeded() {
      return succeeded;
    },
    start: () => register(next++, 1, ''),
    answer: (text) => {
      if (text.startsWith('SIP/2.0 200')) succeeded += 1;
      if (!text.startsWith('SIP/2.0 401')) return [];
      const id = idOf(text);
      const user = userName(firstUser + (id % users));
      const answer = answerChallenge(text, user, PASSWORD, 'REGISTER', uri);
      return [register(id, 2, `Authorization: ${answer}\r\n`)];
    },
  };
}

const SDP =
  'v=0\r\no=- 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0 8 101\r\n' +
  'a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n';

/** The header lines with one of these names, as they came. */
const linesOf = (text: string, names: readonly string[]): string => {
  let out = '';
  for (const line of text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n'))
    if (names.includes(line.slice(0, line.indexOf(':')))) out += `${line}\r\n`;
  return out;
};

const TAKEN_OVER = ['Via', 'Record-Route', 'From', 'To', 'Call-ID', 'CSeq'];

/** Calls as they are carried, or as they are refused: then one ends with its 503, and that is what succeeds. */
export function calls(kind: 'call' | 'refusal' = 'call'): Exchange {
  let next = 0;
  let succeeded = 0;
  const pairOf = (id: number) => ({
    caller: userName(id % PAIRS),
    uri: `sip:${userName(FIRST_CALLEE + (id % PAIRS))}@${DOMAIN}`,
  });
  const head = (id: number, step: string, method: string, uri: string, route: string, to: string): string =>
    `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${CALLER_PORT};branch=z9hG4bK~${id}~${step}~;rport\r\n` +
    `Max-Forwards: 70\r\n${route}From: <sip:${pairOf(id).caller}@${DOMAIN}>;tag=1c${id}\r\n${to}\r\n` +
    `Call-ID: ${id}-1c@127.0.0.1\r\nCSeq: ${step[0]} ${method}\r\n`;
  const from = (text: string): Datagram => ({ text, port: CALLER_PORT });
  const invite = (id: number, step: string, authorization: string): Datagram =>
    from(
      `${head(id, step, 'INVITE', pairOf(id).uri, '', `To: <${pairOf(id).uri}>`)}` +
        `Contact: <sip:${pairOf(id).caller}@127.0.0.1:${CALLER_PORT}>\r\n${authorization}User-Agent: bench\r\n` +
        `Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`,
    );
  const end = 'Content-Length: 0\r\n\r\n';

  const called = (text: string): Datagram[] => {
    const answer = (status: string, more: string): Datagram => ({
      text: `SIP/2.0 ${status}\r\n${linesOf(text, TAKEN_OVER).replace(/\r\nTo: ([^;\r]*)\r\n/, '\r\nTo: $1;tag=1t\r\n')}${more}`,
      port: CONTACT_PORT,
    });
    if (text.startsWith('BYE ')) return [answer('200 OK', end)];
    if (!text.startsWith('INVITE ')) return [];
    const contact = `Contact: <sip:callee@127.0.0.1:${CONTACT_PORT}>\r\n`;
    const ok = `${contact}Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`;
    return [answer('180 Ringing', contact + end), answer('200 OK', ok)];
  };

  const calling = (text: string): Datagram[] => {
    const id = idOf(text);
    const { caller, uri } = pairOf(id);
    const to = linesOf(text, ['To']).trimEnd();
    if (text.startsWith('SIP/2.0 407')) {
      const answer = answerChallenge(text, caller, PASSWORD, 'INVITE', uri);
      return [
        from(`${head(id, '1', 'ACK', uri, '', to)}${end}`),
        invite(id, '2', `Proxy-Authorization: ${answer}\r\n`),
      ];
    }
    if (text.startsWith('SIP/2.0 503') && kind === 'refusal') {
      succeeded += 1;
      return [from(`${head(id, '1', 'ACK', uri, '', to)}${end}`)];
    }
    if (!text.startsWith('SIP/2.0 200')) return [];
    if (/\r\nCSeq: 3 BYE/.test(text)) {
      succeeded += 1;
      return [];
    }
    const route = linesOf(text, ['Record-Route'])
      .trimEnd()
      .split('\r\n')
      .reverse()
      .map((line) => `${line.replace('Record-', '')}\r\n`)
      .join('');
    const target = /<(.*)>/.exec(linesOf(text, ['Contact']))![1]!;
    return [
      from(`${head(id, '2a', 'ACK', target, route, to)}${end}`),
      from(`${head(id, '3', 'BYE', target, route, to)}${end}`),
    ];
  };

  return {
    name: kind,
    get succeeded() {
      return succeeded;
    },
    start: () => invite(next++, '1', ''),
    answer: (text) => (text.startsWith('SIP/2.0 ') ? calling(text) : called(text)),
  };
}
