import { describe, expect, it } from 'vitest';
import {
  type AgreedStream,
  type LocalSource,
  Malformed,
  type MediaCapabilities,
  OfferAnswer,
  parseSdp,
  type SessionDescription,
  writeSdp,
} from '../index.ts';

const parsed = (text: string): SessionDescription => {
  const description = parseSdp(text);
  if (description instanceof Malformed) throw new Error(description.why);
  return description;
};

const audio: MediaCapabilities = {
  media: 'audio',
  codecs: [{ name: 'PCMA', clockRateHz: 8_000, channels: 1, parameters: '' }],
  security: ['none'],
};
const transport = { address: '192.0.2.1', port: 40_000 };
const source: LocalSource = { ssrc: 1_000, cname: 'studio', copy: { ssrc: 1_010, delayMs: 50 } };
const others: LocalSource = { ssrc: 2_000, cname: 'reporter', copy: { ssrc: 2_010, delayMs: 80 } };
const single = ({ ssrc, cname }: LocalSource): LocalSource => ({ ssrc, cname });

const phone = (): OfferAnswer =>
  new OfferAnswer({ origin: { sessionId: '1', address: '192.0.2.1' }, media: [audio] });

const streamOf = (one: OfferAnswer): AgreedStream => {
  const media = one.session?.media[0];
  if (media?.kind !== 'agreed') throw new Error('it is not agreed');
  return media;
};

/** An offer and its answer, and what both sides make of the copies. */
const exchange = (
  offered: LocalSource | undefined,
  answered: LocalSource | undefined,
  change: (offer: string) => string = (text) => text,
) => {
  const [caller, callee] = [phone(), phone()];
  const offer = change(
    writeSdp(caller.offer([{ transport, ...(offered === undefined ? {} : { source: offered }) }])),
  );
  const verdict = callee.receiveOffer(parsed(offer));
  if (verdict.kind !== 'considered') throw new Error(verdict.why);
  const answer = callee.answer([{ transport, ...(answered === undefined ? {} : { source: answered }) }]);
  if (answer.kind !== 'answered') throw new Error(answer.why);
  const text = writeSdp(answer.description);
  const taken = caller.receiveAnswer(parsed(text));
  if (taken.kind !== 'agreed') throw new Error(taken.kind);
  return {
    offer,
    answer: text,
    considered: verdict.media[0],
    caller: streamOf(caller).duplication,
    callee: streamOf(callee).duplication,
  };
};

describe('packets that are sent twice', () => {
  it('is said as RFC 7104 §3.2 and RFC 7197 do', () => {
    const lines = exchange(source, undefined).offer.split('\r\n');
    expect(lines.filter((line) => /^a=(ssrc|dup)/.test(line))).toEqual([
      'a=ssrc:1000 cname:studio',
      'a=ssrc:1010 cname:studio',
      'a=ssrc-group:DUP 1000 1010',
      'a=duplication-delay:50',
    ]);
  });

  it('both sides may send copies where both have said so', () => {
    const { caller, callee, considered } = exchange(source, others);
    expect(considered).toMatchObject({ duplication: { ssrcs: [1_000, 1_010], delayMs: 50 } });
    const [ours, theirs] = [
      { ssrcs: [1_000, 1_010], delayMs: 50 },
      { ssrcs: [2_000, 2_010], delayMs: 80 },
    ];
    expect(caller).toEqual({ local: ours, remote: theirs });
    expect(callee).toEqual({ local: theirs, remote: ours });
  });

  it('who says nothing of copies is sent none, and may be sent some by who does not know that', () => {
    const { caller, callee } = exchange(source, single(others));
    expect(caller).toBeUndefined();
    expect(callee).toEqual({ remote: { ssrcs: [1_000, 1_010], delayMs: 50 } });
    expect(exchange(single(source), others).callee).toBeUndefined();
  });

  it('no delay is none', () => {
    const { callee } = exchange(source, others, (text) => text.replace(/a=duplication-delay.*\r\n/, ''));
    expect(callee?.remote.delayMs).toBe(0);
  });

  it.each([
    ['another semantics', (text: string) => text.replace('ssrc-group:DUP', 'ssrc-group:FID')],
    ['a source alone', (text: string) => text.replace('DUP 1000 1010', 'DUP 1000')],
    ['a source twice', (text: string) => text.replace('DUP 1000 1010', 'DUP 1000 1000')],
    ['two names', (text: string) => text.replace('1010 cname:studio', '1010 cname:other')],
    ['very many', (text: string) => text.replace('DUP 1000', 'DUP 1 2 3 4 5 6 7 8 1000')],
  ])('%s is no group of copies', (_, change) => {
    expect(exchange(source, others, change).callee).toBeUndefined();
  });

  it('two lines that carry the same are answered by one, and no group: one stream comes (RFC 5888 §9.2)', () => {
    const callee = phone();
    const line = (mid: string, port: number): string => `m=audio ${port} RTP/AVP 8\r\na=mid:${mid}\r\n`;
    const offer = `v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\na=group:DUP a b\r\n${line('a', 5_004)}${line('b', 5_006)}`;
    expect(callee.receiveOffer(parsed(offer)).kind).toBe('considered');
    const answer = callee.answer([{ transport }]);
    if (answer.kind !== 'answered') throw new Error(answer.why);
    const text = writeSdp(answer.description);
    expect(text.match(/^m=.*$/gm)).toEqual(['m=audio 40000 RTP/AVP 8', 'm=audio 0 RTP/AVP 8']);
    expect(text).not.toContain('a=group');
  });
});
