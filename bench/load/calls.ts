/**
 * Calls with digest by raw datagrams: INVITE 407 ACK INVITE 100 180 200 ACK BYE 200, caller and callee in one process on two sockets;
 * the callees are registered beforehand with this callee's port. Prints one line of JSON.
 *
 *     node bench/load/calls.ts --server-port 5060 --server-pid 123 --callee-port 6000 --per-second 5000 --count-ms 10000
 */
import { parseArgs } from 'node:util';
import { DOMAIN, FIRST_CALLEE, PAIRS, PASSWORD, userName } from '../accounts.ts';
import { createCallee } from './callee.ts';
import { answerChallenge } from './digest.ts';
import { type Pace, run } from './pace.ts';
import { createRetransmission, type Sent } from './retransmission.ts';
import { openSocket } from './socket.ts';

const { values } = parseArgs({
  options: {
    'server-port': { type: 'string' },
    'server-pid': { type: 'string' },
    'callee-port': { type: 'string' },
    'per-second': { type: 'string' },
    outstanding: { type: 'string', default: '100' },
    'warm-up-ms': { type: 'string', default: '0' },
    'count-ms': { type: 'string', default: '10000' },
  },
});

interface Call extends Sent {
  readonly caller: string;
  readonly callee: string;
  readonly startedMs: number;
  /** 1 the first INVITE, 2 the INVITE with credentials, 3 BYE. */
  step: number;
  /** The last ACK: sent again when the response it acknowledges comes again. */
  acknowledgement: string;
}

const giveUpMs = 10_000;
const serverPort = Number(values['server-port']);
const underWay = new Map<number, Call>();
/** Refused calls, kept a while to acknowledge their final response again; oldest first. */
const refused = new Map<number, Call>();
const refusals: Record<string, number> = {};
let setUpMs: number[] = [];
let succeeded = 0;
let timedOut = 0;
let next = 0;

const callee = await createCallee(Number(values['callee-port']), serverPort);
const socket = await openSocket(0, serverPort, receive);
const retransmission = createRetransmission(socket.send);
const sdp =
  'v=0\r\no=- 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0 8 101\r\n' +
  'a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n';

function head(
  id: number,
  step: number,
  call: Call,
  method: string,
  uri: string,
  route: string,
  to: string,
): string {
  const cseq = method === 'ACK' ? Math.min(step, 2) : step;
  const branch = method === 'ACK' && route !== '' ? `${step}a` : step;
  return (
    `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${socket.port};branch=z9hG4bK~${id}~${branch}~;rport\r\n` +
    `Max-Forwards: 70\r\n${route}From: <sip:${call.caller}@${DOMAIN}>;tag=${process.pid}c${id}\r\n${to}\r\n` +
    `Call-ID: ${id}-${process.pid}@127.0.0.1\r\nCSeq: ${cseq} ${method}\r\n`
  );
}

function invite(id: number, step: number, call: Call, authorization: string): string {
  const to = `To: <sip:${call.callee}@${DOMAIN}>`;
  return (
    `${head(id, step, call, 'INVITE', `sip:${call.callee}@${DOMAIN}`, '', to)}` +
    `Contact: <sip:${call.caller}@127.0.0.1:${socket.port}>\r\n${authorization}User-Agent: bench\r\n` +
    `Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`
  );
}

/** The first line that starts with the name, whole and without its end. */
function line(text: string, name: string): string {
  const at = text.indexOf(`\r\n${name}:`) + 2;
  return at < 2 ? '' : text.slice(at, text.indexOf('\r\n', at));
}

/** The Route header fields of the dialog: the Record-Route of the 200 in reverse order (RFC 3261 §12.1.2). */
function routeSet(text: string): string {
  let routes = '';
  let at = text.indexOf('\r\nRecord-Route:');
  while (at >= 0) {
    const end = text.indexOf('\r\n', at + 2);
    routes = `Route:${text
      .slice(at + 15, end)
      .split(',')
      .reverse()
      .join(',')}\r\n${routes}`;
    at = text.indexOf('\r\nRecord-Route:', end);
  }
  return routes;
}

function transmit(call: Call, text: string): void {
  // A new object per request: the queues of retransmission hold the one before.
  call.text = text;
  socket.send(text);
}

function nextStep(id: number, call: Call, step: number): Call {
  call.text = undefined;
  const after: Call = { ...call, step };
  underWay.set(id, after);
  return after;
}

function refuse(id: number, call: Call, text: string, status: string): void {
  const name = status === '503' && /\r\nRetry-After:/i.test(text) ? '503 with Retry-After' : status;
  refusals[name] = (refusals[name] ?? 0) + 1;
  call.text = undefined;
  underWay.delete(id);
  refused.set(id, call);
}

function acknowledge(id: number, call: Call, text: string, step: number): void {
  const uri = `sip:${call.callee}@${DOMAIN}`;
  call.acknowledgement = `${head(id, step, call, 'ACK', uri, '', line(text, 'To'))}Content-Length: 0\r\n\r\n`;
  socket.send(call.acknowledgement);
}

function answered(id: number, call: Call, text: string): void {
  const now = performance.now();
  setUpMs.push(now - call.startedMs);
  const contact = line(text, 'Contact');
  const uri = contact.slice(contact.indexOf('<') + 1, contact.indexOf('>'));
  const route = routeSet(text);
  const to = line(text, 'To');
  const confirmed = nextStep(id, call, 3);
  confirmed.acknowledgement = `${head(id, 2, call, 'ACK', uri, route, to)}Content-Length: 0\r\n\r\n`;
  socket.send(confirmed.acknowledgement);
  transmit(confirmed, `${head(id, 3, call, 'BYE', uri, route, to)}Content-Length: 0\r\n\r\n`);
  retransmission.watch(confirmed, now);
}

function receive(text: string): void {
  const at = text.indexOf('z9hG4bK~') + 8;
  if (at < 8) return;
  const middle = text.indexOf('~', at);
  const id = Number(text.slice(at, middle));
  const step = text.charCodeAt(middle + 1) - 48;
  const status = text.slice(8, 11);
  const call = underWay.get(id);
  if (call === undefined) {
    const gone = refused.get(id);
    if (gone !== undefined && gone.acknowledgement !== '' && status[0] !== '1')
      socket.send(gone.acknowledgement);
    return;
  }
  if (status[0] === '1') {
    if (step === call.step && step < 3) call.text = undefined;
  } else if (step !== call.step) {
    // The response to an earlier INVITE came again: its ACK was lost.
    if (step === call.step - 1 && call.acknowledgement !== '') socket.send(call.acknowledgement);
  } else if (step === 3) {
    call.text = undefined;
    underWay.delete(id);
    if (status === '200') succeeded += 1;
    else refusals[`${status} to BYE`] = (refusals[`${status} to BYE`] ?? 0) + 1;
  } else if (status === '200' && step === 2) answered(id, call, text);
  else {
    acknowledge(id, call, text, step);
    const uri = `sip:${call.callee}@${DOMAIN}`;
    const answer =
      status === '407' && step === 1
        ? answerChallenge(text, call.caller, PASSWORD, 'INVITE', uri)
        : undefined;
    if (answer === undefined) refuse(id, call, text, status);
    else {
      const second = nextStep(id, call, 2);
      transmit(second, invite(id, 2, second, `Proxy-Authorization: ${answer}\r\n`));
      retransmission.watch(second, performance.now());
    }
  }
}

const pace: Pace =
  values['per-second'] === undefined
    ? { outstanding: Number(values.outstanding) }
    : { perSecond: Number(values['per-second']) };

/** Ends what is too old; a Map keeps the order of insertion, and a call that goes on is looked at again a little later. */
function giveUp(nowMs: number): void {
  for (const [id, call] of underWay) {
    if (nowMs - call.startedMs < giveUpMs) break;
    call.text = undefined;
    underWay.delete(id);
    timedOut += 1;
  }
  for (const [id, call] of refused) {
    if (nowMs - call.startedMs < giveUpMs) break;
    refused.delete(id);
  }
}

const paced = await run(
  {
    start: (nowMs) => {
      const id = next;
      next += 1;
      const pair = id % PAIRS;
      const call: Call = {
        caller: userName(pair),
        callee: userName(FIRST_CALLEE + pair),
        startedMs: nowMs,
        step: 1,
        acknowledgement: '',
        text: undefined,
      };
      underWay.set(id, call);
      transmit(call, invite(id, 1, call, ''));
      retransmission.watch(call, nowMs);
    },
    underWay: () => underWay.size,
    tick: (nowMs) => {
      retransmission.run(nowMs);
      callee.tick(nowMs);
      giveUp(nowMs);
    },
    reset: () => {
      succeeded = 0;
      timedOut = 0;
      setUpMs = [];
      for (const name of Object.keys(refusals)) delete refusals[name];
    },
  },
  {
    pace,
    warmUpMs: Number(values['warm-up-ms']),
    countMs: Number(values['count-ms']),
    serverPid: Number(values['server-pid']),
  },
);
const sorted = Float64Array.from(setUpMs).sort();
const quantile = (share: number): number | null => sorted[Math.floor((sorted.length - 1) * share)] ?? null;
console.log(
  JSON.stringify({
    ...paced,
    succeeded,
    timedOut,
    refusals,
    resent: retransmission.resent + callee.resent(),
    setUpP50Ms: quantile(0.5),
    setUpP99Ms: quantile(0.99),
  }),
);
socket.close();
callee.close();
