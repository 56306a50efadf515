/**
 * A phone that makes a call and says what becomes of it, a line each: `registered`, `answered`, `path ADDRESS`, `hears HZ`. It hangs
 * up and ends when it is told anything.
 */
import { readFileSync } from 'node:fs';
import { node, type SoundFormat, toneSource } from '@ringdown/media';
import { connect } from '@ringdown/user-agent';
import { measureTone } from '../../tools/testing/sound/tones.ts';

const [account = '', password = '', server = '', target = '', authority = ''] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Says once a second what it hears: the loudest tone, to 10 Hz. */
const ear = (format: SoundFormat) => {
  let heard = new Float64Array(0);
  return {
    format,
    write: ([sound = new Int16Array(0)]: readonly Int16Array[]) => {
      const all = new Float64Array(heard.length + sound.length);
      all.set(heard);
      all.set(
        Float64Array.from(sound, (sample) => sample / 32_768),
        heard.length,
      );
      heard = all;
      if (heard.length < format.sampleRateHz) return;
      const { frequencyHz, levelDbfs } = measureTone(
        heard.subarray(-format.sampleRateHz / 2),
        format.sampleRateHz,
      );
      if (levelDbfs > -60) say(`hears ${Math.round(frequencyHz / 10) * 10}`);
      heard = new Float64Array(0);
    },
    close: async () => undefined,
  };
};

const phone = await connect({
  account,
  password,
  server,
  platform: node({ authorities: [readFileSync(authority, 'latin1')] }),
});
say(phone.registration);
const events = phone.events();
const play = toneSource({ frequenciesHz: [600], levelDbfs: -20, sampleRateHz: 48_000 });
await phone.call(target, { sound: { play, record: ear } });
say('answered');
process.stdin.once('data', () => {
  process.stdin.destroy();
  void phone.close();
});
for await (const event of events) {
  if (event.kind === 'path') say(`path ${event.path.local.address}`);
  else if (event.kind === 'registration') say(event.state);
  else if (event.kind === 'ended') say(`ended by ${event.end.by}`);
}
