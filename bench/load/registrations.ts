/**
 * Registrations with digest (REGISTER 401 REGISTER 200) by raw datagrams, user after user; prints one line of JSON.
 *
 *     node bench/load/registrations.ts --server-port 5060 --server-pid 123 --users 1000000 --outstanding 200 --pieces 1000000
 */
import { parseArgs } from 'node:util';
import { CONTACT_PORT, DOMAIN, PASSWORD, userName } from '../accounts.ts';
import { answerChallenge } from './digest.ts';
import { type Pace, run } from './pace.ts';
import { createRetransmission, type Sent } from './retransmission.ts';
import { openSocket } from './socket.ts';

const { values } = parseArgs({
  options: {
    'server-port': { type: 'string' },
    'server-pid': { type: 'string' },
    'first-user': { type: 'string', default: '0' },
    users: { type: 'string' },
    'contact-port': { type: 'string' },
    'per-second': { type: 'string' },
    outstanding: { type: 'string', default: '200' },
    pieces: { type: 'string' },
    'warm-up-ms': { type: 'string', default: '0' },
    'count-ms': { type: 'string', default: '600000' },
  },
});

interface Registration extends Sent {
  readonly user: string;
  readonly startedMs: number;
  /** 1 without credentials, 2 with them. */
  readonly step: 1 | 2;
}

const firstUser = Number(values['first-user']);
const users = Number(values.users);
const giveUpMs = 10_000;
const underWay = new Map<number, Registration>();
const refusals: Record<string, number> = {};
let succeeded = 0;
let timedOut = 0;
let next = 0;

const socket = await openSocket(0, Number(values['server-port']), receive);
const contactPort = Number(values['contact-port'] ?? CONTACT_PORT);
const retransmission = createRetransmission(socket.send);
const uri = `sip:${DOMAIN}`;

function register(id: number, step: number, user: string, authorization: string): string {
  return (
    `REGISTER ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${socket.port};branch=z9hG4bK~${id}~${step}~;rport\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:${user}@${DOMAIN}>;tag=${process.pid}r${id}\r\nTo: <sip:${user}@${DOMAIN}>\r\n` +
    `Call-ID: ${id}-${process.pid}@127.0.0.1\r\nCSeq: ${step} REGISTER\r\n` +
    `Contact: <sip:${user}@127.0.0.1:${contactPort}>\r\nExpires: 3600\r\n${authorization}` +
    'User-Agent: bench\r\nContent-Length: 0\r\n\r\n'
  );
}

function transmit(sent: Sent, text: string): void {
  sent.text = text;
  socket.send(text);
}

function receive(text: string): void {
  const at = text.indexOf('z9hG4bK~') + 8;
  const id = Number.parseInt(text.slice(at, at + 10), 10);
  const registration = underWay.get(id);
  if (at < 8 || registration === undefined) return;
  const status = text.slice(8, 11);
  // A response to the REGISTER before came again.
  if (status[0] === '1' || text[text.indexOf('~', at) + 1] !== String(registration.step)) return;
  registration.text = undefined;
  if (status === '401' && registration.step === 1) {
    const answer = answerChallenge(text, registration.user, PASSWORD, 'REGISTER', uri);
    if (answer !== undefined) {
      // A new object per request: the queues of retransmission hold the one before.
      const second: Registration = { ...registration, step: 2 };
      underWay.set(id, second);
      transmit(second, register(id, 2, registration.user, `Authorization: ${answer}\r\n`));
      retransmission.watch(second, performance.now());
      return;
    }
  }
  underWay.delete(id);
  if (status === '200') succeeded += 1;
  else {
    const name = status === '503' && /\r\nRetry-After:/i.test(text) ? '503 with Retry-After' : status;
    refusals[name] = (refusals[name] ?? 0) + 1;
  }
}

const pace: Pace =
  values['per-second'] === undefined
    ? { outstanding: Number(values.outstanding) }
    : { perSecond: Number(values['per-second']) };

const paced = await run(
  {
    start: (nowMs) => {
      const id = next;
      next += 1;
      const registration: Registration = {
        user: userName(firstUser + (id % users)),
        startedMs: nowMs,
        step: 1,
        text: undefined,
      };
      underWay.set(id, registration);
      transmit(registration, register(id, 1, registration.user, ''));
      retransmission.watch(registration, nowMs);
    },
    underWay: () => underWay.size,
    tick: (nowMs) => {
      retransmission.run(nowMs);
      // Oldest first: a Map keeps the order of insertion.
      for (const [id, registration] of underWay) {
        if (nowMs - registration.startedMs < giveUpMs) break;
        registration.text = undefined;
        underWay.delete(id);
        timedOut += 1;
      }
    },
    reset: () => {
      succeeded = 0;
      timedOut = 0;
      for (const name of Object.keys(refusals)) delete refusals[name];
    },
  },
  {
    pace,
    warmUpMs: Number(values['warm-up-ms']),
    countMs: Number(values['count-ms']),
    serverPid: Number(values['server-pid']),
    ...(values.pieces === undefined ? {} : { pieces: Number(values.pieces) }),
  },
);
console.log(JSON.stringify({ ...paced, succeeded, timedOut, refusals, resent: retransmission.resent }));
socket.close();
