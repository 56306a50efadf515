import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FakeCall, FakePhone } from '../../testing/fake-phone.ts';
import { sampleOf } from '../state/call-line.ts';
import type { View } from '../state/screen-state.ts';
import { firstState, ScreenScript } from '../testing/screen-script.ts';
import { directPath, qualityAt, stereoOpus, threePairs } from '../testing/scripted-sound.ts';
import { frame } from './frame.ts';
import { glyphsFor } from './glyphs.ts';
import { lineWidth, textOfLine } from './line.ts';

const HOSTILE = '\u001b]0;owned\u0007\u202e日本\u0301 👩‍👩‍👧 \r\n\t'.repeat(9);

const channel = { rmsDbfs: -12.4, peakDbfs: 0, clipped: true };
const tooLoud = { sent: [channel, channel], received: [channel] };

/** A busy phone: contacts, texts, two calls, messages. `name` is what others call themselves. */
const busy = (columns: number, rows: number, name: string): ScreenScript => {
  const on = new ScreenScript(firstState(columns, rows));
  const phone = new FakePhone();
  const people = Array.from({ length: 30 }, (_, number) => ({
    name: `${name} ${number}`,
    address: `p${number}`,
  }));
  on.tell({ kind: 'contacts', contacts: people });
  on.tell({ kind: 'presence', key: 'p0@radio.example', status: { isOpen: true, isThere: true, note: name } });
  for (let second = 0; second < 2; second++) {
    const call = phone.dial(`sip:peer${second}@radio.example`) as FakeCall;
    Object.assign(call, {
      peer: { name, uri: call.peer.uri },
      candidates: threePairs,
      isMuted: true,
      isHeld: true,
    });
    call.establish();
    call.flow({ ...stereoOpus, codec: name }, directPath);
    on.tell({ kind: 'phone', event: { kind: 'answered', call } });
    for (let at = 0; at < 70; at++) {
      on.tell({ kind: 'phone', event: { kind: 'quality', call, quality: qualityAt(at) } });
    }
    on.tell({
      kind: 'tick',
      calls: [{ sample: sampleOf(call), levels: tooLoud, pairs: threePairs }],
    });
  }
  for (let at = 0; at < 60; at++) {
    on.tell({
      kind: 'phone',
      event: {
        kind: 'signalling',
        direction: at % 2 === 0 ? 'sent' : 'received',
        transport: 'tls',
        peer: name,
        summary: name,
        callId: name,
        text: `${name}\r\n${'Via: x\r\n'.repeat(50)}`,
        at,
      },
    });
  }
  on.tell({
    kind: 'phone',
    event: { kind: 'message', from: 'sip:p0@radio.example', text: name, contentType: 'text/plain' },
  });
  return on;
};

const views: readonly View[] = ['main', 'ladder', 'message', 'pairs', 'texts', 'help'];
const prompts = ['', 'd', 'dlong'.repeat(40), 't', 'k', 'q', '-', '+', `+${'x'.repeat(99)}<enter>`, 'w'];

describe('the screen', () => {
  it('fits the terminal exactly, whatever is shown and whatever others write', () => {
    for (const [columns, rows] of [
      [80, 24],
      [81, 25],
      [109, 30],
      [120, 40],
      [300, 90],
      [79, 24],
      [20, 5],
      [1, 1],
    ] as const) {
      for (const name of ['Alice', HOSTILE]) {
        for (const keys of prompts) {
          for (const view of views) {
            const on = busy(columns, rows, name);
            const { state } = on.press(keys);
            for (const isUnicode of [true, false]) {
              const lines = frame({ ...state, view }, glyphsFor(isUnicode));
              expect(lines).toHaveLength(rows);
              expect(new Set(lines.map(lineWidth))).toEqual(new Set([columns]));
              const text = lines.map(textOfLine).join('');
              expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
              if (!isUnicode) expect(text).toMatch(/^[ -~]*$/);
            }
          }
        }
        if (columns > 200) break;
      }
    }
  }, 120_000);

  it('fits for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (name) => {
        const { state } = busy(80, 24, name);
        for (const view of views) {
          const lines = frame({ ...state, view }, glyphsFor(true));
          expect(new Set(lines.map(lineWidth))).toEqual(new Set([80]));
        }
      }),
      { numRuns: 20 },
    );
  });

  const textOf = (on: ScreenScript): string => frame(on.state, glyphsFor(true)).map(textOfLine).join('\n');

  it('shows a call at 80 by 24 with all that there is to know', () => {
    const shown = textOf(busy(80, 24, 'Alice'));
    for (const wanted of [
      '−60',
      'dBFS',
      'CLIP',
      'Codec',
      'Secure',
      'Way',
      'Rate',
      'Clock',
      'Loss',
      'Jitter',
      'Buffer',
      'MOS',
    ]) {
      expect(shown).toContain(wanted);
    }
    expect(shown).toMatch(/Loss +[▁▂▃▄▅▆▇█]{30} +0 % +max 4\.0 %/);
  });

  it('gives each second a cell of its own where there is room', () => {
    expect(textOf(busy(120, 40, 'Alice'))).toMatch(/MOS +[▁▂▃▄▅▆▇█]{60} /);
  });

  it('never rubs out the contact that is chosen', () => {
    const on = busy(80, 24, 'Person');
    for (let step = 0; step < 40; step++) {
      on.press('<down>');
      const chosen = on.state.people.find(({ key }) => key === on.state.chosenPerson)!;
      expect(textOf(on)).toMatch(new RegExp(`▸[●○·] ${chosen.name} `));
    }
  });
});

it('names the profile at 80 columns, however long it is', () => {
  const on = new ScreenScript(firstState(80, 24));
  const call = new FakePhone().dial('studio') as FakeCall;
  call.establish();
  call.flow({ ...stereoOpus, bitsPerSecond: 256_000, profile: 'music-stereo' }, directPath);
  on.tell({ kind: 'phone', event: { kind: 'answered', call } });
  on.tell({ kind: 'tick', calls: [{ sample: sampleOf(call), levels: tooLoud, pairs: undefined }] });
  const shown = frame(on.state, glyphsFor(true)).map(textOfLine).join('\n');
  expect(shown).toMatch(/opus 48 kHz stereo, 256 kbit\/s, music-stereo *$/m);
});

it('names help and the way out in the last row, however narrow it is', () => {
  for (const columns of [80, 96, 117]) {
    const last = textOfLine(frame(busy(columns, 24, 'Bob').state, glyphsFor(true)).at(-1)!);
    expect(last).toMatch(/ x hang up .*\? help {2}q quit/);
  }
});
