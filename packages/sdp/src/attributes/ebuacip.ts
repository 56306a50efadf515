import type { Attribute } from '../attribute.ts';
import { getAll, lineOf } from '../attribute.ts';
import { decimalIn, malformed, numberIn, wordsOf } from '../grammar.ts';
import type { AttributeLine, Section } from '../session-description.ts';

/** A jitter buffer that an encoder can be asked for: of one size, or between two. */
export type EbuJitterBuffer =
  | { readonly option: number; readonly kind: 'fixed'; readonly ms: number }
  | { readonly option: number; readonly kind: 'auto'; readonly minMs: number; readonly maxMs: number };

/** One line of EBU Tech 3368. */
export type EbuAcipLine =
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'jb'; readonly options: readonly number[] }
  | { readonly kind: 'jbdef'; readonly buffer: EbuJitterBuffer }
  | { readonly kind: 'qosrec'; readonly dscp: number }
  | { readonly kind: 'plength'; readonly payloadType: number; readonly ms: number }
  /** Others, FEC among them: kept as they stand. */
  | { readonly kind: 'other'; readonly name: string; readonly value: string };

/** `a=ebuacip:jbdef 0 fixed 20` (EBU Tech 3368). */
export const EbuAcip: Attribute<EbuAcipLine> = {
  name: 'ebuacip',
  decode: (text) => {
    const [name, ...words] = wordsOf(text);
    if (name === undefined) return malformed('a=ebuacip', 'EBU Tech 3368');
    const line = Object.hasOwn(READERS, name)
      ? READERS[name as keyof typeof READERS](words)
      : ({ kind: 'other', name, value: words.join(' ') } as const);
    return line ?? malformed(`a=ebuacip:${name}`, 'EBU Tech 3368');
  },
  encode: (line) => {
    switch (line.kind) {
      case 'version':
        return `version ${line.version}`;
      case 'jb':
        return `jb ${line.options.join(' ')}`;
      case 'jbdef':
        return `jbdef ${line.buffer.option} ${bufferText(line.buffer)}`;
      case 'qosrec':
        return `qosrec ${line.dscp}`;
      case 'plength':
        return `plength ${line.payloadType} ${line.ms}`;
      case 'other':
        return `${line.name} ${line.value}`.trimEnd();
    }
  },
};

const bufferText = (buffer: EbuJitterBuffer): string =>
  buffer.kind === 'fixed' ? `fixed ${buffer.ms}` : `auto ${buffer.minMs}-${buffer.maxMs}`;

type Reader = (words: readonly string[]) => EbuAcipLine | undefined;

const LONGEST_BUFFER_MS = 600_000;

const READERS = {
  version: ([text]) => {
    const version = numberIn(text, 0, 255);
    return version === undefined ? undefined : { kind: 'version', version };
  },
  jb: (words) => {
    const options = words.flatMap((word) => numberIn(word, 0, 255) ?? []);
    return options.length === 0 || options.length < words.length ? undefined : { kind: 'jb', options };
  },
  jbdef: ([optionText, kind, sizes = '']) => {
    const option = numberIn(optionText, 0, 255);
    const [ms, maxMs] = sizes.split('-').map((size) => numberIn(size, 0, LONGEST_BUFFER_MS));
    if (option === undefined || ms === undefined) return undefined;
    if (kind === 'fixed') return { kind: 'jbdef', buffer: { option, kind, ms } };
    if (kind !== 'auto' || maxMs === undefined || maxMs < ms) return undefined;
    return { kind: 'jbdef', buffer: { option, kind, minMs: ms, maxMs } };
  },
  qosrec: ([text]) => {
    const dscp = numberIn(text, 0, 63);
    return dscp === undefined ? undefined : { kind: 'qosrec', dscp };
  },
  plength: ([format, length = '']) => {
    const payloadType = numberIn(format, 0, 127);
    const ms = decimalIn(length, 10_000);
    return payloadType === undefined || ms === undefined ? undefined : { kind: 'plength', payloadType, ms };
  },
} as const satisfies Readonly<Record<string, Reader>>;

/** All that a medium says of the EBU's profile, in one place. */
export interface EbuAcipProfile {
  readonly version: number;
  /** In the order in which they are preferred. */
  readonly jitterBuffers: readonly EbuJitterBuffer[];
  /** The DSCP that packets should carry. */
  readonly dscp?: number;
  /** Milliseconds of sound per packet, for each payload type. */
  readonly packetLengthsMs: Readonly<Record<number, number>>;
}

/** Undefined where there is no line of this profile. */
export const ebuAcipProfile = (section: Section): EbuAcipProfile | undefined => {
  const lines = getAll(section, EbuAcip);
  if (lines.length === 0) return undefined;
  const order = lines.flatMap((line) => (line.kind === 'jb' ? line.options : []));
  const buffers = lines.flatMap((line) => (line.kind === 'jbdef' ? [line.buffer] : []));
  const rank = ({ option }: EbuJitterBuffer) =>
    order.includes(option) ? order.indexOf(option) : order.length;
  const qosrec = lines.find((line) => line.kind === 'qosrec');
  return {
    version: lines.find((line) => line.kind === 'version')?.version ?? 0,
    jitterBuffers: buffers.toSorted((one, other) => rank(one) - rank(other)),
    ...(qosrec === undefined ? {} : { dscp: qosrec.dscp }),
    packetLengthsMs: Object.fromEntries(
      lines.flatMap((line) => (line.kind === 'plength' ? [[line.payloadType, line.ms]] : [])),
    ),
  };
};

/** The lines that say it; packet lengths of payload types that `formats` does not have are left out. */
export const ebuAcipLines = (
  profile: EbuAcipProfile,
  formats: readonly string[],
): readonly AttributeLine[] => {
  const { version, jitterBuffers, dscp, packetLengthsMs } = profile;
  const lines: EbuAcipLine[] = [{ kind: 'version', version }];
  if (jitterBuffers.length > 0)
    lines.push({ kind: 'jb', options: jitterBuffers.map(({ option }) => option) });
  for (const buffer of jitterBuffers) lines.push({ kind: 'jbdef', buffer });
  if (dscp !== undefined) lines.push({ kind: 'qosrec', dscp });
  for (const [payloadType, ms] of Object.entries(packetLengthsMs)) {
    if (formats.includes(payloadType)) lines.push({ kind: 'plength', payloadType: Number(payloadType), ms });
  }
  return lines.map((line) => lineOf(EbuAcip, line));
};
