import { type Codec, isSameCodec } from './format.ts';
import { formatParameters, withParameter } from './format-parameters.ts';
import { telephoneEvents, telephoneEventsText } from './telephone-events.ts';

/** The parameters that we write for a codec towards a peer that wrote these; undefined: the two cannot talk. */
type Rule = (ours: string, theirs: string) => string | undefined;

/** These change the format of the payload, so both ends need the same. */
const same =
  (defaults: Readonly<Record<string, string>>): Rule =>
  (ours, theirs) => {
    const [own, other] = [formatParameters(ours), formatParameters(theirs)];
    const isSame = Object.entries(defaults).every(
      ([name, usual]) => (own.get(name) ?? usual).toLowerCase() === (other.get(name) ?? usual).toLowerCase(),
    );
    return isSame ? ours : undefined;
  };

/** These are named by the two ends where they matter, and go well with whoever does not name them. */
const notContradicting =
  (...names: readonly string[]): Rule =>
  (ours, theirs) => {
    const [own, other] = [formatParameters(ours), formatParameters(theirs)];
    const isContradicted = names.some((name) => {
      const [one, two] = [own.get(name), other.get(name)];
      return one !== undefined && two !== undefined && one.toLowerCase() !== two.toLowerCase();
    });
    return isContradicted ? undefined : ours;
  };

/** RFC 4856 §2.1.9: `annexb=yes` is usual, and one who cannot do it decides. */
const annexB: Rule = (ours, theirs) => {
  const says = (text: string) => formatParameters(text).get('annexb')?.toLowerCase() === 'no';
  return says(ours) || says(theirs) ? withParameter(ours, 'annexb', 'no') : ours;
};

/** RFC 3952 §5: 20 ms only if both say so. */
const ilbcMode: Rule = (ours, theirs) => {
  const is20 = (text: string) => formatParameters(text).get('mode') === '20';
  return withParameter(ours, 'mode', is20(ours) && is20(theirs) ? '20' : '30');
};

/** RFC 4733 §2.5.1.1: each says what it can receive; what only one knows is of no use. */
const events: Rule = (ours, theirs) => {
  const known = new Set(telephoneEvents(theirs));
  const both = telephoneEvents(ours).filter((event) => known.has(event));
  return both.length === 0 ? undefined : telephoneEventsText(both);
};

const aac: Rule = same({ mode: '', config: '', sizelength: '', indexlength: '', indexdeltalength: '' });

/**
 * RED, RTX and FEC name other payload types in their parameters (RFC 2198, RFC 4588). Nothing here translates those, so they
 * are refused rather than answered wrongly.
 */
const never: Rule = () => undefined;

/** All others are as Opus, whose parameters are each receiver's own (RFC 7587 §7.1). */
const RULES: Readonly<Record<string, Rule>> = {
  'telephone-event': events,
  g729: annexB,
  ilbc: ilbcMode,
  amr: same({ 'octet-align': '0', crc: '0', 'robust-sorting': '0', interleaving: '' }),
  'amr-wb': same({ 'octet-align': '0', crc: '0', 'robust-sorting': '0', interleaving: '' }),
  mpa: notContradicting('layer', 'samplerate'),
  'mpeg4-generic': aac,
  'mp4a-latm': notContradicting('object', 'config', 'cpresent'),
  aptx: same({ variant: 'standard', bitresolution: '16' }),
  g7221: same({ bitrate: '' }),
  l16: notContradicting('channel-order', 'emphasis'),
  l24: notContradicting('channel-order', 'emphasis'),
  red: never,
  rtx: never,
  ulpfec: never,
  flexfec: never,
};

/**
 * What we write for a codec of ours towards a peer's (RFC 3264 §6.1): in an answer, and to see what an answer means.
 *
 * @returns our fmtp; undefined where the two are not the same codec or do not go together
 */
export const matchedParameters = (ours: Codec, theirs: Codec): string | undefined => {
  if (!isSameCodec(ours, theirs)) return undefined;
  const name = ours.name.toLowerCase();
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  return rule === undefined ? ours.parameters : rule(ours.parameters, theirs.parameters);
};
