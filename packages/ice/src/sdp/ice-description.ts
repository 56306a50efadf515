import { Malformed } from '@ringdown/stun';
import type { Candidate } from '../candidate.ts';
import type { IceParameters } from '../ice-agent.ts';
import { type IceAttribute, iceAttributeText, type NamedRemote, parseIceAttribute } from './ice-attribute.ts';

/** What a session description says of ICE, for one data stream (RFC 8839 §4.2). */
export interface IceDescription {
  /** Undefined where ufrag or password are missing: the peer does not speak ICE. */
  readonly parameters: IceParameters | undefined;
  readonly candidates: readonly Candidate[];
  /** No more will follow (RFC 8840 §4.2). */
  readonly ended: boolean;
  /** The peer found the default destination among no candidates, and goes on without ICE (RFC 8839 §4.2.5). */
  readonly mismatch: boolean;
  readonly remoteCandidates: readonly NamedRemote[];
  /** What could not be read, and was left out. */
  readonly malformed: readonly Malformed[];
}

/**
 * Reads the attribute lines of one data stream.
 *
 * @param media its own lines, which count more
 * @param session those before the first `m=`
 */
export const readIceDescription = (
  media: readonly string[],
  session: readonly string[] = [],
): IceDescription => {
  const malformed: Malformed[] = [];
  const read = (lines: readonly string[]): readonly IceAttribute[] =>
    lines.flatMap((line) => {
      const attribute = parseIceAttribute(line);
      if (attribute instanceof Malformed) malformed.push(attribute);
      return attribute === undefined || attribute instanceof Malformed ? [] : [attribute];
    });
  const own = read(media);
  const attributes = [...own, ...read(session)];
  const first = <Kind extends IceAttribute['kind']>(kind: Kind) =>
    attributes.find((one): one is Extract<IceAttribute, { kind: Kind }> => one.kind === kind);
  const ufrag = first('ice-ufrag')?.ufrag;
  const pwd = first('ice-pwd')?.pwd;
  const pacing = first('ice-pacing');
  const parameters =
    ufrag === undefined || pwd === undefined
      ? undefined
      : {
          ufrag,
          pwd,
          options: first('ice-options')?.options ?? [],
          lite: first('ice-lite') !== undefined,
          ...(pacing === undefined ? {} : { pacingMs: pacing.pacingMs }),
        };
  return {
    parameters,
    candidates: own.flatMap((one) => (one.kind === 'candidate' ? [one.candidate] : [])),
    ended: first('end-of-candidates') !== undefined,
    mismatch: first('ice-mismatch') !== undefined,
    remoteCandidates: first('remote-candidates')?.candidates ?? [],
    malformed,
  };
};

/** The attributes of one data stream, without `a=`, each fit for the media level. `ice-lite` belongs to the session's. */
export const iceDescriptionLines = ({
  parameters,
  candidates,
  ended,
}: Pick<IceDescription, 'parameters' | 'candidates' | 'ended'>): readonly string[] => {
  const attributes: IceAttribute[] = [];
  if (parameters !== undefined) {
    const { ufrag, pwd, options = [], pacingMs } = parameters;
    attributes.push({ kind: 'ice-ufrag', ufrag }, { kind: 'ice-pwd', pwd });
    if (options.length > 0) attributes.push({ kind: 'ice-options', options });
    if (pacingMs !== undefined) attributes.push({ kind: 'ice-pacing', pacingMs });
  }
  for (const candidate of candidates) attributes.push({ kind: 'candidate', candidate });
  if (ended) attributes.push({ kind: 'end-of-candidates' });
  return attributes.map(iceAttributeText);
};
