import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { LevelMeter } from '../audio/level-meter.ts';
import { toneSource } from '../audio/tone.ts';
import { type DeviceOptions, type Devices, describeDevices, openDevices } from './devices.ts';

const top = mkdtempSync(join(tmpdir(), 'ringdown-devices-'));
afterAll(() => rmSync(top, { recursive: true }));

const format = { sampleRateHz: 8_000, channels: 2 };
const opened: Devices[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((devices) => devices.close()));
});

const open = async (options: Omit<DeviceOptions, 'format'>): Promise<Devices> => {
  // Programs get long to start on a busy machine; only one that is mute needs all of it.
  const devices = await openDevices({ format, patienceMs: 15_000, ...options });
  opened.push(devices);
  return devices;
};

let folders = 0;

/** A folder with programs that behave like those of the same name. */
const machine = (programs: Readonly<Record<string, string>>): string => {
  const folder = join(top, String(++folders));
  mkdirSync(folder);
  for (const [program, script] of Object.entries(programs)) {
    writeFileSync(join(folder, program), `#!/bin/sh\necho "$@" > ${folder}/${program}.options\n${script}\n`, {
      mode: 0o755,
    });
  }
  // 20 ms of whole periods, left and right, so that the pieces join.
  const [left, right] = toneSource({ frequenciesHz: [1_000, 500], levelDbfs: -12, sampleRateHz: 8_000 }).read(
    160,
  );
  const both = Int16Array.from({ length: 320 }, (_, index) => [left, right][index % 2]![index >> 1]!);
  writeFileSync(join(folder, 'piece.raw'), new Uint8Array(both.buffer));
  return folder;
};

/** Records a tone, in pieces that end in the middle of a sample. */
const RECORDS = `cd "\${0%/*}"; while head -c 201 piece.raw && tail -c +202 piece.raw; do sleep 0.02; done`;
const PLAYS = 'exec cat > "$0.raw"';
const REFUSES = 'echo "Connection failure: Connection refused" >&2; exit 1';

/** Reads what the microphone hears until it is loud. */
const listened = async (devices: Devices): Promise<LevelMeter> => {
  const meter = new LevelMeter(2);
  await expect
    .poll(
      () => {
        const sound = devices.microphone.read(160);
        const isLoud = sound.every((channel) => channel.some((sample) => sample > 8_000));
        if (isLoud) meter.measure(sound);
        return isLoud;
      },
      { timeout: 10_000, interval: 5 },
    )
    .toBe(true);
  return meter;
};

describe('openDevices', () => {
  it('hears the microphone and plays to the loudspeaker, with the first tool that works', async () => {
    const folder = machine({ 'pw-record': REFUSES, 'pw-play': REFUSES, parec: RECORDS, pacat: PLAYS });
    const devices = await open({ path: folder, input: 'mic-1' });
    expect(devices).toMatchObject({ tool: 'parec/pacat', system: 'PulseAudio' });
    const [left, right] = (await listened(devices)).take();
    expect(left!.peakDbfs).toBeCloseTo(-12, 1);
    expect(right!.peakDbfs).toBeCloseTo(-12, 1);
    expect(readFileSync(join(folder, 'parec.options'), 'utf8')).toContain('--rate=8000 --channels=2');
    expect(readFileSync(join(folder, 'parec.options'), 'utf8')).toContain('--device=mic-1');
    expect(readFileSync(join(folder, 'pacat.options'), 'utf8')).not.toContain('--device');

    devices.loudspeaker.write([Int16Array.of(1, 2, 3), Int16Array.of(-1, -2, -3)]);
    await devices.close();
    const played = readFileSync(join(folder, 'pacat.raw'));
    const samples = Array.from({ length: played.length / 2 }, (_, index) => played.readInt16LE(2 * index));
    expect(samples.findIndex((sample) => sample !== 0)).toBe(2 * 960);
    expect(samples.slice(2 * 960)).toEqual([1, -1, 2, -2, 3, -3]);
    expect(devices.microphone.ended).toBe(true);
    expect(devices.microphone.read(80)[0]!.every((sample) => sample === 0)).toBe(true);
  });

  it('does without an option that an older pw-cat does not know', async () => {
    const older = 'case "$*" in *--raw*) echo "unrecognized option \'--raw\'" >&2; exit 1;; esac';
    const folder = machine({ 'pw-record': `${older}\n${RECORDS}`, 'pw-play': `${older}\n${PLAYS}` });
    const devices = await open({ path: folder });
    expect(devices.tool).toBe('pw-cat');
    expect(readFileSync(join(folder, 'pw-record.options'), 'utf8').trim()).toMatch(/^--rate 8000 .* -$/);
  });

  it('passes by a tool whose loudspeaker fails', async () => {
    // The recorder is heard only after the player has failed.
    const folder = machine({
      arecord: `while ! test -e "\${0%/*}/failed"; do sleep 0.05; done; sleep 0.5; ${RECORDS}`,
      aplay: `touch "\${0%/*}/failed"; echo "audio open error: No such file or directory" >&2; exit 1`,
      sox: `case "$*" in *-d) ${PLAYS};; *) ${RECORDS};; esac`,
    });
    const devices = await open({ path: folder });
    expect(devices.tool).toBe('sox');
  });

  it('lists what it tried, why each failed, and what to install', async () => {
    const folder = machine({ parec: REFUSES, pacat: PLAYS, arecord: 'exec sleep 60', aplay: PLAYS });
    // Nothing but what the scripts need: no real tool of this machine.
    const failing = openDevices({ format, path: folder, patienceMs: 700 });
    await expect(failing).rejects.toThrow(
      /pw-cat: pw-record is not installed\n\s*parec\/pacat: parec: Connection failure: Connection refused\n\s*arecord\/aplay: arecord: no sound came within 700 ms\n\s*ffmpeg: ffmpeg is not installed\n\s*sox: sox is not installed/,
    );
    await expect(failing).rejects.toMatchObject({
      name: 'SoundError',
      what: 'No microphone and loudspeaker can be used.',
      next: expect.stringMatching(/apt install pipewire-bin, or pulseaudio-utils, alsa-utils, ffmpeg, sox/),
    });
  });

  it('becomes silent and tells it when the devices disappear in the middle of a call', async () => {
    const goes =
      'while head -c 201 piece.raw && tail -c +202 piece.raw && ! test -e unplugged; do sleep 0.02; done';
    const folder = machine({
      'pw-record': `cd "\${0%/*}"; ${goes}; echo "node was removed" >&2; exit 3`,
      'pw-play': `cd "\${0%/*}"; while ! test -e unplugged; do sleep 0.02; done; exit 4`,
    });
    const faults: string[] = [];
    const devices = await open({
      path: folder,
      fault: (which, why) => faults.push(`${which}: ${why}`),
    });
    await listened(devices);
    expect(devices.microphone.ended).toBe(false);
    writeFileSync(join(folder, 'unplugged'), '');
    await expect.poll(() => faults.length, { timeout: 15_000 }).toBe(2);
    expect(faults.sort()).toEqual([
      'loudspeaker: The loudspeaker is gone: pw-play says: it ended with code 4 and said nothing.',
      'microphone: The microphone is gone: pw-record says: node was removed.',
    ]);
    for (let turn = 0; turn < 20; turn++) devices.microphone.read(160);
    expect(devices.microphone.read(160)[0]!.every((sample) => sample === 0)).toBe(true);
    expect(devices.microphone.ended).toBe(true);
    devices.loudspeaker.write([new Int16Array(160), new Int16Array(160)]);
    await devices.close();
    expect(faults).toHaveLength(2);
  });

  it('does not wait for what a tool leaves behind', async () => {
    const folder = machine({ 'pw-record': RECORDS, 'pw-play': 'sleep 20 & exec sleep 20' });
    const devices = await open({ path: folder });
    const closing = performance.now();
    await devices.close();
    expect(performance.now() - closing).toBeLessThan(15_000);
  });

  it('does not heap up what a loudspeaker never takes, and ends it', async () => {
    const folder = machine({ 'pw-record': RECORDS, 'pw-play': 'exec sleep 60' });
    const devices = await open({ path: folder });
    const loud = new Int16Array(160).fill(1_000);
    for (let turn = 0; turn < 10_000; turn++) devices.loudspeaker.write([loud, loud]);
    expect(devices.statistics.loudspeaker.overruns).toBeGreaterThan(9_000);
    await devices.close();
  });
});

describe('describeDevices', () => {
  it('says which, and leaves nothing running', async () => {
    const ids = 'echo $$ > "$0.id"';
    const folder = machine({ arecord: `${ids}; ${RECORDS}`, aplay: `${ids}; ${PLAYS}` });
    const line = await describeDevices({ format, path: folder, patienceMs: 15_000 });
    expect(line).toBe('Sound goes through ALSA, by arecord/aplay.');
    expect(existsSync(join(folder, 'aplay.raw'))).toBe(true);
    for (const program of ['arecord', 'aplay']) {
      const id = Number(readFileSync(join(folder, `${program}.id`), 'utf8'));
      expect(() => process.kill(id, 0)).toThrow(/ESRCH/);
    }
  });

  it('says why none', async () => {
    const line = await describeDevices({ format, path: machine({}) });
    expect(line).toMatch(
      /^No microphone and loudspeaker can be used\. What was tried: pw-cat: pw-record is not installed .* Install /,
    );
    expect(line).not.toContain('\n');
  });
});
