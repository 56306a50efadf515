import { describe, expect, it } from 'vitest';
import { Malformed } from '../malformed.ts';
import { parseSdp } from '../parse.ts';
import { type Codec, formatsOf, isSameCodec, staticPayloadType } from './format.ts';
import { formatParameters } from './format-parameters.ts';
import { matchedParameters } from './matching.ts';
import { opusParameters, opusParametersText } from './opus.ts';
import { PayloadNumbers } from './payload-numbers.ts';
import { telephoneEvents, telephoneEventsText } from './telephone-events.ts';

/** `opus/48000/2 useinbandfec=1`. */
const codec = (text: string): Codec => {
  const [map = '', parameters = ''] = text.split(' ');
  const [name = '', clock, channels = '1'] = map.split('/');
  return { name, clockRateHz: Number(clock), channels: Number(channels), parameters };
};

describe('two codecs', () => {
  it.each([
    ['opus/48000/2', 'OPUS/48000/2', true],
    ['opus/48000/2', 'opus/48000', true],
    ['opus/48000/2', 'opus/16000/2', false],
    ['G722/8000', 'G722/8000', true],
    ['G722/8000', 'g722/16000', true],
    ['L16/48000/2', 'L16/48000', false],
    ['L16/48000/2', 'L16/44100/2', false],
    ['PCMU/8000', 'PCMA/8000', false],
  ])('%s and %s: the same is %s', (one, other, isSame) => {
    expect(isSameCodec(codec(one), codec(other))).toBe(isSame);
    expect(isSameCodec(codec(other), codec(one))).toBe(isSame);
  });

  it.each([
    ['opus/48000/2 stereo=1;sprop-stereo=1', 'opus/48000/2 minptime=10', 'stereo=1;sprop-stereo=1'],
    ['G729/8000', 'G729/8000 annexb=no', 'annexb=no'],
    ['G729/8000 annexb=no', 'G729/8000', 'annexb=no'],
    ['iLBC/8000 mode=20', 'iLBC/8000 mode=20', 'mode=20'],
    ['iLBC/8000 mode=20', 'iLBC/8000', 'mode=30'],
    ['AMR/8000 octet-align=1', 'AMR/8000 octet-align=1', 'octet-align=1'],
    ['AMR/8000 octet-align=1', 'AMR/8000', undefined],
    ['MPA/90000 layer=2', 'MPA/90000', 'layer=2'],
    ['MPA/90000 layer=2', 'MPA/90000 layer=3', undefined],
    [
      'mpeg4-generic/48000/2 mode=AAC-hbr;config=1190',
      'mpeg4-generic/48000/2 mode=AAC-hbr;config=1210',
      undefined,
    ],
    ['telephone-event/8000 0-15', 'telephone-event/8000 0-11,16', '0-11'],
    ['telephone-event/8000 0-15', 'telephone-event/8000', '0-15'],
    ['telephone-event/8000 0-15', 'telephone-event/8000 66,70', undefined],
    ['telephone-event/8000 0-15', 'telephone-event/48000 0-15', undefined],
    ['red/48000/2 111/111', 'red/48000/2 111/111', undefined],
    ['constructor/8000 a', 'constructor/8000 b', 'a'],
  ])('%s towards %s says %s', (ours, theirs, parameters) => {
    expect(matchedParameters(codec(ours), codec(theirs))).toBe(parameters);
  });

  it('have static numbers for L16 at 44,100 Hz alone', () => {
    expect(staticPayloadType(codec('L16/44100/2'))).toBe(10);
    expect(staticPayloadType(codec('L16/44100'))).toBe(11);
    expect(staticPayloadType(codec('L16/48000/2'))).toBeUndefined();
    expect(staticPayloadType(codec('G722/8000'))).toBe(9);
  });
});

describe('the parameters of a format', () => {
  it('have names in any case and any spacing', () => {
    expect([...formatParameters('Stereo=1 ; useinbandfec=1;; x')]).toEqual([
      ['stereo', '1'],
      ['useinbandfec', '1'],
      ['x', ''],
    ]);
    expect(formatParameters('__proto__=1').get('__proto__')).toBe('1');
  });

  it('of Opus are typed, and what is out of range counts as not said', () => {
    const music = opusParameters('stereo=1;sprop-stereo=1;maxaveragebitrate=256000;maxplaybackrate=192000');
    expect(music).toEqual({
      stereo: true,
      spropStereo: true,
      useinbandfec: false,
      usedtx: false,
      cbr: false,
      maxaveragebitrateBps: 256_000,
    });
    expect(opusParametersText(music)).toBe('stereo=1;sprop-stereo=1;maxaveragebitrate=256000');
    expect(opusParameters('minptime=10; useinbandfec=1; ptime=20; usedtx=1; cbr=1')).toMatchObject({
      minptimeMs: 10,
      useinbandfec: true,
      ptimeMs: 20,
      usedtx: true,
      cbr: true,
      stereo: false,
    });
  });

  it('of telephone events are ranges', () => {
    expect(telephoneEvents('0-3,16,2')).toEqual([0, 1, 2, 3, 16]);
    expect(telephoneEvents('')).toHaveLength(16);
    expect(telephoneEvents('300,a,5-,1-2-3')).toEqual([]);
    expect(telephoneEventsText([16, 0, 1, 2])).toBe('0-2,16');
  });
});

describe('payload numbers', () => {
  it('are static where there are such, as wished where they are free, and keep what they mean', () => {
    const opus = { ...codec('opus/48000/2'), payloadType: 111 };
    const [first, numbers] = new PayloadNumbers().assign([codec('PCMU/8000'), opus, codec('L16/48000/2')]);
    expect(first).toEqual([0, 111, 96]);
    const [second] = numbers.assign([codec('L16/48000/2'), opus]);
    expect(second).toEqual([96, 111]);
  });

  it('leave alone what a peer has taken', () => {
    const numbers = new PayloadNumbers().learn([{ ...codec('VP8/90000'), payloadType: 96 }]);
    expect(numbers.assign([codec('L16/48000/2')])[0]).toEqual([97]);
    expect(numbers.assign([{ ...codec('L16/48000/2'), payloadType: 96 }])[0]).toEqual([97]);
  });

  it('differ for a codec that stands there twice', () => {
    const [first] = new PayloadNumbers().assign([codec('opus/48000/2 stereo=1'), codec('opus/48000/2')]);
    expect(first).toEqual([96, 97]);
  });
});

describe('formats of a line', () => {
  it('are its numbers as they are written: 08 is not 8, which nobody offered (RFC 8866 §9)', () => {
    const read = parseSdp(
      'v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\nm=audio 5004 RTP/AVP 00 08 9 128 x\na=rtpmap:8 PCMA/8000\n',
    );
    if (read instanceof Malformed) throw new Error(read.why);
    expect(formatsOf(read.media[0]!).map(({ name }) => name)).toEqual(['G722']);
  });
});
