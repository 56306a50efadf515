import type { IceParameters } from '../ice-agent.ts';
import { type IceDescription, iceDescriptionLines, readIceDescription } from './ice-description.ts';

/** The candidates of one data stream in a fragment. */
export interface TrickledMedia {
  /** `audio`, `video`, …, as in the description that the fragment belongs to. */
  readonly media: string;
  /** Which stream: its `mid`. Undefined where there is none, and the order of `m=` lines says it (RFC 8840 §9). */
  readonly mid: string | undefined;
  readonly description: IceDescription;
}

/** What an INFO of package trickle-ice carries: application/trickle-ice-sdpfrag (RFC 8840 §9). */
export interface TrickleFragment {
  /** Of all streams: what its lines before the first `m=` say, with their end-of-candidates. */
  readonly session: IceDescription;
  readonly media: readonly TrickledMedia[];
}

const MOST_LINES = 2_000;

/** Reads a fragment. What is malformed in it is told beside what is not. */
export const parseTrickleFragment = (text: string): TrickleFragment => {
  const lines = text.split(/\r?\n/, MOST_LINES);
  const starts = lines.flatMap((line, index) => (line.startsWith('m=') ? [index] : []));
  const session = lines.slice(0, starts[0] ?? lines.length);
  return {
    session: readIceDescription(session),
    media: starts.map((start, index) => {
      const own = lines.slice(start, starts[index + 1] ?? lines.length);
      const mid = own.find((line) => line.startsWith('a=mid:'));
      return {
        media: own[0]?.slice(2).split(' ', 1)[0] ?? '',
        mid: mid?.slice('a=mid:'.length).trim(),
        description: readIceDescription(own, session),
      };
    }),
  };
};

/** Writes a fragment for one stream, or for several that are bundled and share their parameters. */
export const trickleFragmentText = (
  parameters: IceParameters,
  media: readonly {
    readonly media: string;
    readonly mid: string;
    readonly candidates: IceDescription['candidates'];
    readonly ended: boolean;
  }[],
): string => {
  const { ufrag, pwd } = parameters;
  const head = iceDescriptionLines({ parameters: { ufrag, pwd }, candidates: [], ended: false });
  const lines = head.map((line) => `a=${line}`);
  for (const { media: kind, mid, candidates, ended } of media) {
    // RFC 8840 §9.2: port and formats of these lines mean nothing.
    lines.push(`m=${kind} 9 RTP/AVP 0`, `a=mid:${mid}`);
    for (const line of iceDescriptionLines({ parameters: undefined, candidates, ended }))
      lines.push(`a=${line}`);
  }
  return `${lines.join('\r\n')}\r\n`;
};
