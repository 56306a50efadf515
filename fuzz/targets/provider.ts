import { buildResponse, type DnsAnswer, type DnsQuestion, parseMessage, SipRequest } from '@ringdown/sip';
import { bytesOf, type MemoryFlow } from '../../conformance/world/network.ts';
import type { Phone } from '../../conformance/world/phone.ts';
import { World } from '../../conformance/world/world.ts';
import { testText } from '../../tools/testing/hashes.ts';
import { below, mutate, pick } from '../mutate.ts';
import { must, type Target } from '../target.ts';

/** Names that the corpus has, so that what is only a little mutated arrives somewhere. */
const DOMAIN = 'example.com';
const USERS = ['user', 'j.user', 'studio', 'remote'];
const ELSEWHERE = '203.0.113.250';
/** An answer copies Via, From, To, Call-ID and CSeq, and adds no more than this. */
const ANSWER_BYTES = 700;
/** After the longest timer (C, 185 s, and 32 s for a CANCEL) nothing of any of this may be left. */
const ALL_OVER_MS = 400_000;

const everywhere = ({ name, type }: DnsQuestion): DnsAnswer =>
  type === 'A'
    ? { kind: 'records', records: [{ type, name, address: ELSEWHERE, ttlSeconds: 60 }] }
    : { kind: 'failed', failure: 'no data' };

/** First byte of an input: who sends it. */
const STRANGER = 0;
const STRANGER_ON_TCP = 1;
const PHONE_ANSWERS = 2;
const TIME_PASSES = 3;

/**
 * A provider with phones, and a stranger who sends it anything: it never throws, never reaches out to where it should not,
 * answers no more than it was asked, and forgets everything in the end.
 */
export const providerTarget: Target = {
  name: 'provider',
  generate: (random, corpus) => {
    const inputs: Uint8Array[] = [];
    for (let left = below(random, 12); left >= 0; left--) {
      const kind = below(random, 4);
      const bytes = localized(pick(random, corpus));
      const content =
        kind === TIME_PASSES ? Uint8Array.of(below(random, 256)) : mutate(bytes, random, corpus);
      inputs.push(Uint8Array.of(kind, ...content));
    }
    return inputs;
  },
  check: (inputs) => {
    const world = new World({ domains: [DOMAIN], users: USERS, dns: everywhere });
    const elsewhere = world.phone('sink', { address: ELSEWHERE, listens: ['udp', 'tcp', 'tls'] });
    const phones = USERS.map((user, index) => {
      const phone = world.phone(user, { transport: index % 2 === 0 ? 'udp' : 'tcp' });
      phone.registers();
      return phone;
    });
    const bindings = world.location.size;
    const stranger = world.phone('mallory', { domain: 'elsewhere.example', stranger: true });
    const onTcp = world.phone('trudy', { domain: 'elsewhere.example', stranger: true, transport: 'tcp' });
    for (const input of inputs) {
      const content = input.subarray(1);
      if (input[0] === STRANGER) checkedSend(world, stranger, stranger.flow, content);
      else if (input[0] === STRANGER_ON_TCP)
        checkedSend(world, onTcp, onTcp.flow.open ? onTcp.flow : onTcp.connect(), content);
      else if (input[0] === PHONE_ANSWERS) answerSome(world, phones, content);
      else world.passes((content[0] ?? 0) * 200);
      must(elsewhere.heard.length === 0, 'a stranger was relayed to elsewhere');
    }
    world.passes(ALL_OVER_MS);
    const { servers, clients } = world.provider.transactionCount;
    must(servers === 0 && clients === 0, `${servers} + ${clients} transactions are kept for ever`);
    must(world.location.size <= bindings, 'a stranger has registered');
    must(world.network.garbled.length === 0, `what we sent cannot be read: ${world.network.garbled[0]}`);
  },
};

/** The message as if it were for our domain. */
const localized = (bytes: Uint8Array): Uint8Array =>
  testText.latin1Bytes(testText.latin1(bytes).replace(/(?:127\.0\.0\.1|192\.0\.2\.2):536[01]/g, DOMAIN));

/** A stranger sends, and no more comes back than is due. What is answered on a connection may have come in pieces. */
const checkedSend = (world: World, peer: Phone, flow: MemoryFlow, bytes: Uint8Array): void => {
  const before = peer.heard.length;
  const sentBefore = sentOver.get(flow) ?? 0;
  sentOver.set(flow, sentBefore + bytes.length);
  world.network.later(() => world.network.arriveAtProvider(flow, bytes));
  world.passes(0);
  const isStream = flow.transport !== 'udp';
  const answers = peer.heard.slice(before).map(({ message }) => message);
  const size = answers.reduce((sum, message) => sum + bytesOf(message).length, 0);
  const asked = isStream ? sentBefore + bytes.length : bytes.length;
  must(size <= asked * 2 + ANSWER_BYTES, `${asked} bytes were answered by ${size}`);
  if (isStream) return;
  const message = parseMessage(testText.latin1(bytes), bytes);
  const isRequest = message instanceof SipRequest && message.method !== 'ACK';
  must(
    answers.length <= (isRequest ? 1 : 0),
    `${answers.length} answers to ${isRequest ? 'a request' : 'no request'}`,
  );
};

/** Bytes that went over each connection. */
const sentOver = new WeakMap<MemoryFlow, number>();

/** Phones that were called answer with a response that is a little, or very, wrong. */
const answerSome = (world: World, phones: readonly Phone[], bytes: Uint8Array): void => {
  for (const phone of phones) {
    const asked = phone.asked.find(({ taken, request }) => !taken && request.method !== 'ACK');
    if (asked === undefined) continue;
    asked.taken = true;
    const statuses = [100, 180, 183, 200, 202, 302, 401, 407, 408, 486, 500, 503, 603];
    const status = statuses[bytes.length % statuses.length]!;
    const answer = bytesOf(buildResponse(asked.request, status, { toTag: 't', recordRoute: true }));
    // The body of the answer is the fuzzed message; every fourth time it stands in the middle of the head.
    const at = bytes.length % 4 === 0 ? answer.length >> 1 : answer.length;
    const mixed = new Uint8Array(answer.length + bytes.length);
    mixed.set(answer.subarray(0, at));
    mixed.set(bytes, at);
    mixed.set(answer.subarray(at), at + bytes.length);
    const { flow } = asked;
    world.network.later(() => {
      if (flow.open) world.network.arriveAtProvider(flow, mixed);
    });
    world.passes(0);
  }
};
