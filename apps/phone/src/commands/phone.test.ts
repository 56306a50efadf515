import { expect, it } from 'vitest';
import type { Sounds } from '../sound/sounds.ts';
import { soundDevice } from './phone.ts';

it('says on one line what was tried for sound, each apart from the next', async () => {
  const error = Object.assign(new Error('no sound'), {
    what: 'No microphone and loudspeaker can be used.',
    why: 'What was tried:\n  pw-cat: it is not there\n  aplay: no device / busy\n',
    next: 'Install one.',
  });
  const sounds = { openDevices: () => Promise.reject(error) } as unknown as Sounds;
  expect(await soundDevice(sounds)).toEqual({
    why: 'No microphone and loudspeaker can be used. What was tried: pw-cat: it is not there; aplay: no device / busy.',
    install: 'Install one.',
  });
});
