/** What an SDP fragment carries: candidates, for one ufrag (RFC 8840 §4.4). */
export interface Fragment {
  readonly ufrag: string | undefined;
  readonly mid: string;
  /** Without `a=`; the empty one says that no more come. */
  readonly candidates: readonly string[];
}

/** Candidates as an INFO carries them. */
export const writeFragment = (description: string, candidates: readonly string[]): string => {
  const line = (name: string): string | undefined =>
    new RegExp(`^a=${name}:.*$`, 'm').exec(description)?.[0]?.trim();
  const lines = [
    line('ice-ufrag'),
    line('ice-pwd'),
    'm=audio 9 RTP/AVP 0',
    line('mid') ?? 'a=mid:0',
    ...candidates.map((candidate) => (candidate === '' ? 'a=end-of-candidates' : `a=${candidate}`)),
  ];
  return `${lines.filter((one) => one !== undefined).join('\r\n')}\r\n`;
};

/** Reads the candidates of the first medium; what else there is is not for a phone. */
export const readFragment = (fragment: string): Fragment => {
  const lines = fragment.split(/\r?\n/);
  const value = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`a=${name}:`))?.slice(name.length + 3);
  const candidates = lines.flatMap((line) =>
    line.startsWith('a=candidate:') ? [line.slice(2)] : line === 'a=end-of-candidates' ? [''] : [],
  );
  return { ufrag: value('ice-ufrag'), mid: value('mid') ?? '0', candidates };
};
