import { clause } from '../refusal.ts';
import type { JsonEvent, JsonMedia, JsonQuality } from './json-event.ts';

/** An event as a person reads it; undefined where it says nothing new. `live`: the next one takes its place. */
export const lineOf = (event: JsonEvent): Line | undefined => {
  switch (event.event) {
    case 'registering':
      return line(`registering ${event.address}${event.server === null ? '' : ` at ${event.server}`} …`);
    case 'registered':
      return line('registered');
    case 'unregistered':
      if (event.cause === null) return undefined;
      return line(
        `not registered: ${clause(event.cause.what)}; ${event.retrying ? 'it is tried again' : clause(event.cause.next)}`,
      );
    case 'calling':
      return line(`calling ${event.peer} …`);
    case 'incoming':
      return line(
        `${event.peerName === null ? '' : `${event.peerName} `}${event.peer} calls${event.direct ? ' past the server' : ''}${event.replaces === null ? '' : ', in place of the call before'}`,
      );
    case 'ringing':
      return line('ringing');
    case 'redirected':
      return line(`sent on: calling ${personOf(event.target)} …`);
    case 'way-lost':
      return line(`the sound is cut off (${event.why}); another way is looked for`);
    case 'offered-again':
      return line(`they take no such sound (${event.status}): trying ${securityWords[event.security]} …`);
    case 'answered':
      return line('answered');
    case 'media':
      return line(mediaLine(event));
    case 'reduced':
      return line(`${clause(event.what)}: ${clause(event.next)}`);
    case 'quality':
      return { text: qualityLine(event), live: true };
    case 'silent':
      return line(
        `nothing is heard any more, for ${Math.round(event.silentMs / 1000)} seconds: the other side or the network may be gone`,
      );
    case 'heard-again':
      return line('they are heard again');
    case 'played':
      return line('all was played');
    case 'digit':
      return line(`they pressed ${event.digit}`);
    case 'digits-sent':
      return line(`pressed ${event.digits}`);
    case 'held':
      return line(event.by === 'us' ? 'on hold' : 'they let us wait');
    case 'resumed':
      return line(event.by === 'us' ? 'taken up again' : 'they are back');
    case 'transferred':
      return line(`handed over to ${personOf(event.target)} …`);
    case 'handed-over':
      return line(`they speak with ${event.target} now`);
    case 'ended':
      return line(
        `ended${event.durationMs === null ? '' : ` after ${clock(event.durationMs)}`}: ${clause(event.cause.what)}`,
      );
    case 'recorded':
      return line(`recorded to ${event.file}`);
    case 'message':
      return line(`${event.fromName === null ? '' : `${event.fromName} `}${event.from}: ${event.text}`);
    case 'message-sent':
      return line(`sent to ${event.to}`);
    case 'presence':
    case 'published': {
      const who = event.event === 'presence' ? event.of : 'we are told to be';
      const how = event.open ? 'open' : event.event === 'published' || event.there ? 'closed' : 'not there';
      return line(`${who} ${how}${event.note === null ? '' : `: ${event.note}`}`);
    }
    case 'signalling':
      return line(
        `  ${event.direction === 'sent' ? '→' : '←'} ${event.transport} ${event.peer}  ${event.summary}`,
      );
    case 'dropped':
      return line(`  dropped: ${event.why}`);
    case 'sound':
      return undefined;
  }
};

/** Of a Refer-To: without its headers, such as Replaces, and without parameters. */
const personOf = (target: string): string =>
  printable(target.replace(/^.*<|>.*$/gs, '').replace(/[;?].*$/s, ''));

export interface Line {
  readonly text: string;
  readonly live: boolean;
}

const line = (text: string): Line => ({ text: printable(text), live: false });

/** `Opus 48 kHz stereo, DTLS-SRTP, direct 192.0.2.1:4000 ↔ 198.51.100.2:5004` */
const mediaLine = (event: JsonMedia): string => {
  const codec = event.codec.toLowerCase() === 'opus' ? 'Opus' : event.codec;
  const sound =
    event.channels === 1 ? 'mono' : event.channels === 2 ? 'stereo' : `${event.channels} channels`;
  const sent = event.sentChannels < event.channels ? ', sent in mono' : '';
  const direction = {
    sendrecv: '',
    sendonly: ', sending only',
    recvonly: ', listening only',
    inactive: ', silent',
  };
  return `${codec} ${event.rateHz / 1000} kHz ${sound}${sent}, ${securityWords[event.security]}, ${event.path} ${event.local} ↔ ${event.remote}${direction[event.direction]}`;
};

const securityWords = {
  'dtls-srtp': 'DTLS-SRTP',
  sdes: 'SRTP (SDES)',
  none: 'not encrypted',
} as const satisfies Record<JsonMedia['security'], string>;

const qualityLine = (event: JsonQuality): string =>
  [
    `quality ${event.mos.toFixed(1)} of 4.5`,
    `loss ${(event.lossRatio * 100).toFixed(1)} %`,
    `jitter ${event.jitterMs.toFixed(0)} ms`,
    ...(event.roundTripMs === null ? [] : [`round trip ${event.roundTripMs.toFixed(0)} ms`]),
    `buffer ${event.bufferMs.toFixed(0)} ms`,
    ...(event.receivedRmsDbfs.length === 0
      ? []
      : [
          `heard ${event.receivedRmsDbfs.map((level) => (level === null ? 'silence' : `${level.toFixed(0)} dB`)).join(' | ')}`,
        ]),
  ].join(', ');

/** `0:07`, `1:02:03` */
const clock = (milliseconds: number): string => {
  const seconds = Math.floor(milliseconds / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${String(s).padStart(2, '0')}`;
  return h === 0 ? `${m}:${tail}` : `${h}:${String(m).padStart(2, '0')}:${tail}`;
};

/** What others write must not move the cursor or colour the screen: control characters become a dot, lines stay one. */
const printable = (text: string): string => onOneLine(text).replace(/[\p{Cc}\p{Cf}]/gu, '·');

/** Split, and not replaced with the spaces around: somebody's sixty thousand spaces would take seconds. */
const onOneLine = (text: string): string => {
  const [first = '', ...others] = text.split(/[\r\n]+/);
  if (others.length === 0) return text;
  return [first.trimEnd(), ...others.map((one) => one.trim()).filter((one) => one !== '')].join(' / ');
};
