import type { MediaReport, PathReport, Quality } from '@ringdown/user-agent';
import { plainAddress } from '../state/address.ts';
import { type CallLine, isRinging, isUp } from '../state/call-line.ts';
import { nameOf, type ScreenState } from '../state/screen-state.ts';
import type { Glyphs } from './glyphs.ts';
import { latestRungs } from './ladder-view.ts';
import { between, blank, type Line, line, type Span, span } from './line.ts';
import { meterRows, meterScale } from './meter-view.ts';
import { sparklines } from './sparkline-view.ts';
import { bitRate, callStanding, duration, ending, milliseconds, percent, sampleRate } from './words.ts';

/** All about one call: whom with, how loud, by what means and how well. */
export const callPane = (
  state: ScreenState,
  call: CallLine,
  columns: number,
  rows: number,
  glyphs: Glyphs,
): readonly Line[] => {
  const meters = meterRows(call.meters, columns, state.at, glyphs);
  const spare = rows >= 20 ? [blank] : [];
  return [
    heading(state, call, columns, glyphs),
    standing(call, glyphs),
    ...spare,
    meterScale(columns, glyphs),
    ...meters,
    ...Array.from({ length: 4 - Math.min(4, meters.length) }, () => blank),
    blank,
    ...facts(call, columns, glyphs),
    blank,
    ...spare,
    ...sparklines(call, columns, glyphs),
    ...(rows >= 22 ? [line('       the last 60 seconds', 'quiet')] : []),
    ...(rows >= 30 ? [blank, ...latestRungs(state, columns, rows - 26, glyphs)] : []),
  ];
};

const heading = (state: ScreenState, call: CallLine, columns: number, glyphs: Glyphs): Line => {
  const name = nameOf(state, call.peer);
  const address = plainAddress(call.peer.uri);
  const time = call.durationMs === undefined ? '' : ` ${duration(call.durationMs)}`;
  return between(
    [span(name, 'strong'), span(name === address ? '' : `  ${address}`, 'quiet'), span(' ')],
    [
      span(` ${call.direction === 'incoming' ? glyphs.left : glyphs.right} ${callStanding(call)}`),
      span(time, 'strong'),
    ],
    columns,
  );
};

/** What is unusual about the call, in words; digits besides. */
const standing = (call: CallLine, { dot }: Glyphs): Line => {
  const said: Span[] = [];
  const say = (text: string, tone: Span['tone']): void => {
    if (said.length > 0) said.push(span(` ${dot} `, 'quiet'));
    said.push(span(text, tone));
  };
  if (isRinging(call)) say('a: answer   r: refuse', 'strong');
  if (call.isMuted) say('MUTED: nothing of ours is heard', 'warn');
  if (call.isHeld) say('HELD: h takes it back', 'warn');
  if (call.isHeldByPeer) say('The other side lets us wait', 'warn');
  if (call.digitsSent !== '') say(`digits sent ${call.digitsSent}`, 'plain');
  if (call.digitsReceived !== '') say(`received ${call.digitsReceived}`, 'plain');
  return said;
};

const fact = (name: string, ...rest: readonly Span[]): Line => [span(name.padEnd(7), 'quiet'), ...rest];

const facts = (call: CallLine, columns: number, glyphs: Glyphs): readonly Line[] => {
  const { media, path, quality } = call;
  return [
    fact('Codec', span(media === undefined ? waiting(call) : codec(media, columns))),
    fact('Secure', ...(media === undefined ? [] : [security(media)])),
    fact(
      'Way',
      span(path === undefined ? (media === undefined ? '' : 'being looked for') : way(path, columns, glyphs)),
    ),
    fact('Rate', span(quality === undefined ? '' : rates(quality))),
    fact('Clock', span(quality === undefined ? '' : clock(quality, glyphs))),
  ];
};

const waiting = (call: CallLine): string =>
  isUp(call) ? 'being agreed upon' : 'known once the call is answered';

/** Where it is narrow, without the length of packets. */
const codec = (media: MediaReport, columns: number): string => {
  const { codec, rateHz, channels, packetMs, bitsPerSecond, profile } = media;
  const shape = channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`;
  const rate = bitsPerSecond === undefined ? [] : [bitRate(bitsPerSecond)];
  const parts = [`${codec} ${sampleRate(rateHz)} ${shape}`, ...rate];
  const all = [...parts, `${packetMs} ms`, profile].join(', ');
  return all.length <= columns - 7 ? all : [...parts, profile].join(', ');
};

const security = ({ security, cipher }: MediaReport): Span =>
  security === 'none'
    ? span('not at all: whoever is on the way can listen', 'warn')
    : span(`${security}${cipher === undefined ? '' : `, ${cipher}`}`);

const way = ({ kind, local, remote, ice }: PathReport, columns: number, { to }: Glyphs): string => {
  const far = `${ending(remote)} ${remote.type}`;
  const all = `${kind}, ${ending(local)} ${local.type} ${to} ${far}${ice ? '' : ', no ICE'}`;
  return all.length <= columns - 7 ? all : `${kind} to ${far}`;
};

const rates = ({ sentBitsPerSecond, receivedBitsPerSecond, roundTripMs }: Quality): string =>
  [
    `sent ${bitRate(sentBitsPerSecond)}`,
    `received ${bitRate(receivedBitsPerSecond)}`,
    ...(roundTripMs === undefined ? [] : [`RTT ${milliseconds(roundTripMs)}`]),
  ].join(', ');

/** How the peer's clock runs beside ours, what was lost in all, and what the peer says of us. */
const clock = (quality: Quality, { minus }: Glyphs): string => {
  const { driftPpm, lost, received, peer } = quality;
  const drift =
    driftPpm === undefined
      ? 'theirs not known yet'
      : `theirs ${driftPpm < 0 ? minus : '+'}${Math.abs(driftPpm).toFixed(1)} ppm`;
  return [
    drift,
    `${lost} of ${received + lost} lost`,
    ...(peer === undefined ? [] : [`there ${percent(peer.lossRatio)}`]),
  ].join(', ');
};
