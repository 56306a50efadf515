import type { PathEnd } from '@ringdown/user-agent';
import { type CallLine, isRinging } from '../state/call-line.ts';
import type { Person } from '../state/person.ts';
import type { ScreenState } from '../state/screen-state.ts';
import type { Tone } from './line.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** `02:13`, from an hour on `1:02:13`. */
export const duration = (ms: number): string => {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
};

/** Local time of day. */
export const timeOfDay = (at: number): string => {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
};

/** `98 kbit/s` */
export const bitRate = (bitsPerSecond: number): string =>
  bitsPerSecond < 9950
    ? `${(bitsPerSecond / 1000).toFixed(1)} kbit/s`
    : `${Math.round(bitsPerSecond / 1000)} kbit/s`;

export const percent = (ratio: number): string => {
  const value = ratio * 100;
  return `${value === 0 || value >= 9.95 ? Math.round(value) : value.toFixed(1)} %`;
};

export const milliseconds = (ms: number): string => `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;

export const decibels = (dbfs: number, minus: string): string => {
  if (dbfs <= -100) return 'silent';
  const rounded = Math.round(dbfs);
  return rounded < 0 ? `${minus}${-rounded}` : '0';
};

/** `48 kHz`, `44.1 kHz` */
export const sampleRate = (hz: number): string => `${hz / 1000} kHz`;

export const ending = ({ address, port }: PathEnd): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** Where a call stands, in words. */
export const callStanding = (call: CallLine): string => {
  if (isRinging(call)) return 'rings here';
  switch (call.state) {
    case 'preparing':
    case 'calling':
      return 'calling';
    case 'early':
      return call.isEarly ? 'heard before the answer' : 'rings there';
    case 'ringing':
    case 'answering':
    case 'accepted':
      return 'being answered';
    case 'established':
      return call.isHeld ? 'waits for us' : call.isHeldByPeer ? 'lets us wait' : 'talking';
    default:
      return 'ending';
  }
};

/** How somebody is, as far as it is known now: without a registration nobody tells us any more. */
export const presenceNow = (
  { registration: { state } }: ScreenState,
  { presence, note }: Person,
): Pick<Person, 'presence' | 'note'> =>
  state === 'registered' || state === 'refreshing'
    ? { presence, note }
    : { presence: 'unknown', note: 'we are not registered' };

/** Where the registration stands, in words, and how good that is. */
export const registrationStanding = ({
  registration: { state },
}: ScreenState): { readonly words: string; readonly tone: Tone; readonly sign: 'open' | 'closed' } => {
  switch (state) {
    case 'registered':
    case 'refreshing':
      return { words: 'registered', tone: 'good', sign: 'open' };
    case 'registering':
      return { words: 'registering', tone: 'warn', sign: 'closed' };
    case 'waiting':
      return { words: 'not registered, tries again', tone: 'bad', sign: 'closed' };
    case 'refused':
      return { words: 'registration refused', tone: 'bad', sign: 'closed' };
    case 'unregistering':
      return { words: 'signing off', tone: 'warn', sign: 'closed' };
    case 'unregistered':
      return { words: 'not registered', tone: 'bad', sign: 'closed' };
  }
};
