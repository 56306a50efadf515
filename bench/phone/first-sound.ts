/** `first-sound`: from the command to the first sound, and how many round trips go by from the answer to it. */
import { join } from 'node:path';
import { eventually } from '../../interop/harness/deadline.ts';
import { hostPort } from '../../interop/harness/provider.ts';
import type { Stage } from '../../interop/harness/suite.ts';
import { TerminalPhone } from '../../interop/harness/terminal-phone.ts';
import { ROOT } from '../peer.ts';
import { type FarStage, raiseFarStage } from './far-stage.ts';
import type { AddPhone, PhonePart } from './part.ts';
import type { RingingNote } from './ringing-phone.ts';

const WITHIN_MS = 30_000;
/** So long it rings: what is made ready meanwhile is ready. */
const RING_MS = 1_200;
const ONE_WAY_MS = 100;

const ways = [
  { id: 'plain', label: 'plain RTP', ice: 'off', security: 'none', early: false },
  { id: 'sdes', label: 'SDES', ice: 'off', security: 'sdes', early: false },
  { id: 'ice', label: 'ICE and DTLS-SRTP', ice: 'on', security: 'dtls-srtp', early: false },
  {
    id: 'early',
    label: 'ICE and DTLS-SRTP, made ready while it rings',
    ice: 'on',
    security: 'dtls-srtp',
    early: true,
  },
] as const;
type Way = (typeof ways)[number];

const stations = [
  { event: 'registered', what: 'from the command to registered' },
  { event: 'answered', what: 'from registered to answered' },
  { event: 'sound', what: 'from answered to the first sound' },
] as const;

export const firstSound: PhonePart = async (peer, phones, _, add) => {
  if (peer !== 'ringdown') return;
  for (const way of ways.filter(({ early }) => !early)) await fromCommand(way, phones, add);
  const near = await raiseFarStage(phones.stage, 0);
  const far = await raiseFarStage(phones.stage, ONE_WAY_MS);
  for (const way of ways) {
    const [atOnce, delayed] = [await fromAnswer(way, near), await fromAnswer(way, far)];
    for (const { id, who } of ears) {
      const label = `${way.label}: from the answer until ${who}`;
      add(
        { id: `${id}-${way.id}`, label: `${label}, ${ONE_WAY_MS} ms one way`, unit: 'ms', digits: 0 },
        delayed[id],
      );
      const trips = (delayed[id] - atOnce[id]) / (2 * ONE_WAY_MS);
      add({ id: `${id}-trips-${way.id}`, label, unit: 'round trips', digits: 1 }, trips);
    }
  }
};

/** `ringdown call` to a `ringdown answer` that waits already; each station counts from the one before, by the time that the event has. */
const fromCommand = async (
  way: Way,
  { stage, provider, address }: Parameters<PhonePart>[1],
  add: AddPhone,
): Promise<void> => {
  const options = optionsOf(way);
  const callee = await TerminalPhone.answering(stage, { provider, user: 'bob', address: address(), options });
  const started = Date.now();
  const caller = TerminalPhone.start(stage, {
    ...{ provider, user: 'alice', address: address(), options },
    command: ['call', 'bob'],
  });
  const times = timesOf(caller);
  await caller.event('sound', WITHIN_MS);
  await isAsAsked(caller, way);
  let before = started;
  for (const { event, what } of stations) {
    const at = times.get(event);
    if (at === undefined) throw new Error(`${caller.process.name} told sound, but not ${event}`);
    add({ id: `${event}-${way.id}`, label: `${way.label}: ${what}`, unit: 'ms', digits: 0 }, at - before);
    before = at;
  }
  caller.interrupt();
  callee.interrupt();
  await Promise.all([caller.status(), callee.status()]);
};

const ears = [
  { id: 'caller', who: 'the caller hears' },
  { id: 'callee', who: 'who is called hears' },
] as const;

/** Milliseconds from somebody taking the call until each of them hears the other. */
type Heard = Readonly<Record<(typeof ears)[number]['id'], number>>;

const fromAnswer = async (way: Way, { stage, provider, near, far }: FarStage): Promise<Heard> => {
  const callee = ringing(stage, way, provider.domain, hostPort(provider.endpoint('udp')), far);
  await callee.at('ready');
  const caller = TerminalPhone.start(stage, {
    ...{ provider, user: 'alice', address: near.address, namespace: near.namespace },
    ...{ command: ['call', 'bob'], options: optionsOf(way) },
  });
  const times = timesOf(caller);
  const [answeredAt, heardAt] = [await callee.at('answering'), await callee.at('sound')];
  await caller.event('sound', WITHIN_MS);
  await isAsAsked(caller, way);
  caller.interrupt();
  await caller.status();
  await callee.stop();
  return { caller: times.get('sound')! - answeredAt, callee: heardAt - answeredAt };
};

/** A {@link RingingNote} phone, and when it told what. */
const ringing = (
  stage: Stage,
  way: Way,
  domain: string,
  server: string,
  { namespace, address }: FarStage['far'],
) => {
  const child = stage.start({
    ...{ name: 'ringing phone', command: process.execPath, namespace },
    args: [
      ...[join(ROOT, 'bench/phone/ringing-phone.ts'), `bob@${domain}`, 'bob-secret', server, address],
      ...[way.security, way.ice, way.early ? 'early' : 'late', String(RING_MS)],
    ],
  });
  const notes: RingingNote[] = [];
  child.onLine((line) => {
    if (line.startsWith('{')) notes.push(JSON.parse(line) as RingingNote);
  });
  const at = (event: RingingNote['event']): Promise<number> =>
    eventually(
      () => notes.find((note) => note.event === event)?.at,
      WITHIN_MS,
      `${way.label}: ${event} of the phone that rings`,
    );
  return { at, stop: () => child.stop() };
};

const optionsOf = (way: Way): readonly string[] => [
  ...['--tone', '440', '--profile', 'voice', '--ice', way.ice, '--security', way.security],
];

/** When each event was told first. */
const timesOf = (phone: TerminalPhone): ReadonlyMap<string, number> => {
  const times = new Map<string, number>();
  phone.process.onLine((line) => {
    const { event, time } = JSON.parse(line) as { readonly event: string; readonly time: string };
    if (!times.has(event)) times.set(event, Date.parse(time));
  });
  return times;
};

const isAsAsked = async (phone: TerminalPhone, way: Way): Promise<void> => {
  const { security, ice } = await phone.event('media', WITHIN_MS);
  if (security !== way.security || ice !== (way.ice === 'on'))
    throw new Error(`${way.label} was to be measured; the call had ${security}, ICE ${ice}`);
};
