import { describe, expect, it } from 'vitest';
import { openingDevices } from './opening-devices.ts';
import type { SoundDevices, Sounds } from './sounds.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const piece = (): Int16Array[] => [new Int16Array(1), new Int16Array(1)];

const machine = (isThere = true) => {
  const said = { opened: 0, closed: 0, heard: 0, lost: [] as string[] };
  const format = { sampleRateHz: 48_000, channels: 2 };
  const openDevices = async (): Promise<SoundDevices> => {
    if (!isThere) throw new Error('No microphone.');
    said.opened += 1;
    return {
      through: 'test',
      microphone: {
        format,
        read: (samples) => [new Int16Array(samples).fill(9), new Int16Array(samples).fill(9)],
        ended: false,
        close: () => {},
      },
      loudspeaker: { format, write: () => void said.heard++, close: async () => {} },
      close: async () => void said.closed++,
    };
  };
  const { play, record } = openingDevices({ openDevices } as unknown as Sounds, (why) => said.lost.push(why));
  if (play === undefined || record === undefined || typeof record === 'function') throw new Error('both');
  return { said, play, record };
};

describe('devices that a call opens', () => {
  it('are silence until they are there, and are closed with the call', async () => {
    const { said, play, record } = machine();
    expect(said.opened).toBe(0);
    expect(play.read(2)[0]).toEqual(new Int16Array([0, 0]));
    record.write(piece());
    await settled();
    expect(play.read(2)[0]).toEqual(new Int16Array([9, 9]));
    record.write(piece());
    expect(said).toEqual({ opened: 1, closed: 0, heard: 1, lost: [] });
    play.close();
    await record.close();
    expect(said.closed).toBe(1);
  });

  it('come back where the call goes on in another session', async () => {
    const { said, play, record } = machine();
    play.read(1);
    await settled();
    play.close();
    await record.close();
    play.read(1);
    await settled();
    expect(play.read(1)[0]).toEqual(new Int16Array([9]));
    expect(said).toMatchObject({ opened: 2, closed: 1 });
  });

  it('that are not there are told once, and silent', async () => {
    const { said, play, record } = machine(false);
    for (let time = 0; time < 3; time++) {
      expect(play.read(1)[0]).toEqual(new Int16Array([0]));
      record.write(piece());
      await settled();
    }
    expect(said.lost).toEqual(['No microphone.']);
  });
});
