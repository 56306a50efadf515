import type { Attribute } from '../attribute.ts';
import { malformed, numberIn } from '../grammar.ts';

/** Which clock a sender's time comes from (RFC 7273 §4). */
export type TsRefclkValue =
  | {
      readonly kind: 'ptp';
      readonly version: string;
      readonly grandmaster?: string;
      readonly domain?: string;
    }
  | { readonly kind: 'ntp'; readonly server: string }
  | { readonly kind: 'localmac'; readonly mac: string }
  /** `gps`, `gal`, `glonass`, `local`, `private` and what comes after them. */
  | { readonly kind: 'other'; readonly source: string; readonly value?: string };

/** `a=ts-refclk:ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:37` (RFC 7273 §4.8, AES67 §8.2). */
export const TsRefclk: Attribute<TsRefclkValue> = {
  name: 'ts-refclk',
  decode: (text) => {
    const equals = text.indexOf('=');
    const source = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? undefined : text.slice(equals + 1);
    if (source === '') return malformed('a=ts-refclk', 'RFC 7273 §4.8');
    if (value !== undefined && value !== '') {
      if (source === 'ptp') return ptpClock(value);
      if (source === 'ntp') return { kind: 'ntp', server: value };
      if (source === 'localmac') return { kind: 'localmac', mac: value };
    }
    return value === undefined ? { kind: 'other', source } : { kind: 'other', source, value };
  },
  encode: (clock) => {
    switch (clock.kind) {
      case 'ptp':
        return `ptp=${[clock.version, clock.grandmaster, clock.domain].filter((part) => part !== undefined).join(':')}`;
      case 'ntp':
        return `ntp=${clock.server}`;
      case 'localmac':
        return `localmac=${clock.mac}`;
      case 'other':
        return clock.value === undefined ? clock.source : `${clock.source}=${clock.value}`;
    }
  },
};

/** The domain may have colons of its own, so only the first two divide. */
const ptpClock = (value: string): TsRefclkValue => {
  const [version = '', grandmaster, ...domain] = value.split(':');
  return {
    kind: 'ptp',
    version,
    ...(grandmaster === undefined ? {} : { grandmaster }),
    ...(domain.length === 0 ? {} : { domain: domain.join(':') }),
  };
};

export interface MediaClkValue {
  /** `direct`, `sender`, `IEEE1722` … */
  readonly source: string;
  /** RTP timestamp at the epoch of the reference clock. */
  readonly offset?: number;
  /** What else stands there, such as `rate=1000/1001`. */
  readonly rest?: string;
}

/** `a=mediaclk:direct=963214424` (RFC 7273 §5). */
export const MediaClk: Attribute<MediaClkValue> = {
  name: 'mediaclk',
  decode: (text) => {
    const space = text.indexOf(' ');
    const first = space < 0 ? text : text.slice(0, space);
    const rest = space < 0 ? undefined : text.slice(space + 1).trim();
    const [source = '', value, ...more] = first.split('=');
    const offset = value === undefined ? undefined : numberIn(value, 0, 2 ** 32 - 1);
    if (
      source === '' ||
      more.length > 0 ||
      (source === 'direct' && value !== undefined && offset === undefined)
    )
      return malformed('a=mediaclk', 'RFC 7273 §5');
    const whole = value === undefined || offset !== undefined ? source : first;
    return {
      source: whole,
      ...(offset === undefined ? {} : { offset }),
      ...(rest === undefined || rest === '' ? {} : { rest }),
    };
  },
  encode: ({ source, offset, rest }) =>
    `${source}${offset === undefined ? '' : `=${offset}`}${rest === undefined ? '' : ` ${rest}`}`,
};
