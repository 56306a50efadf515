import { instant, wallTime } from '@ringdown/sans-io';
import { expect, test } from 'vitest';
import { LOOK_MS, Moves, type Place } from './moves.ts';

const watched = (first: Place) => {
  let place = first;
  let wall = 0;
  const told: string[] = [];
  const moves = new Moves(
    { now: () => instant(0), wallTime: () => wallTime(wall) },
    () => place,
    (why) => told.push(why),
  );
  return {
    told,
    moves,
    /** What is told where the place is another one after so long. */
    after: (next: Partial<Place>, milliseconds = LOOK_MS): string[] => {
      place = { ...place, ...next };
      wall += milliseconds;
      moves.look();
      return told.splice(0);
    },
  };
};

test('the way to the server leads over another address', () => {
  const { after } = watched({ addresses: ['10.0.0.2', '10.0.1.2'], towardServer: '10.0.0.2' });
  expect(after({ towardServer: '10.0.1.2' })).toEqual([
    'the way to the server leads over 10.0.1.2 now, not 10.0.0.2',
  ]);
  expect(after({})).toEqual([]);
});

test('the address that leads to the server is gone, and another comes', () => {
  const { after, moves } = watched({ addresses: ['10.0.0.2'], towardServer: '10.0.0.2' });
  expect(after({ addresses: [], towardServer: undefined })).toEqual(['the address 10.0.0.2 is gone']);
  expect(after({ addresses: ['10.0.1.2'] })).toEqual(['the address 10.0.1.2 is new']);
  // The server answers over it.
  moves.knownAt('10.0.1.2');
  expect(after({ towardServer: '10.0.1.2' })).toEqual([]);
});

test('no network at all for a while: who comes back is told once, whatever else came meanwhile', () => {
  const { after } = watched({ addresses: ['10.0.0.2'], towardServer: '10.0.0.2' });
  expect(after({ addresses: [], towardServer: undefined })).toEqual(['the address 10.0.0.2 is gone']);
  expect(after({})).toEqual([]);
  expect(after({ addresses: ['172.17.0.1'] })).toEqual(['the address 172.17.0.1 is new']);
  const back = { addresses: ['172.17.0.1', '10.0.1.2'], towardServer: '10.0.1.2' };
  expect(after(back)).toEqual(['the server can be reached again, from 10.0.1.2']);
  expect(after({})).toEqual([]);
});

test('no way to the server for a while, though the address stays', () => {
  const { after } = watched({ addresses: ['10.0.0.2'], towardServer: '10.0.0.2' });
  expect(after({ towardServer: undefined })).toEqual([]);
  expect(after({ towardServer: '10.0.0.2' })).toEqual(['the server can be reached again, from 10.0.0.2']);
  expect(after({})).toEqual([]);
});

test('what comes and goes elsewhere on the machine moves nobody', () => {
  const { after } = watched({ addresses: ['10.0.0.2'], towardServer: '10.0.0.2' });
  expect(after({ addresses: ['10.0.0.2', '172.17.0.1'] })).toEqual([]);
  expect(after({ addresses: ['10.0.0.2'] })).toEqual([]);
});

test('a move between the registration and the first look', () => {
  const { after, moves } = watched({ addresses: ['10.0.0.2'], towardServer: undefined });
  moves.knownAt('10.0.0.2');
  expect(after({ addresses: ['10.0.1.2'], towardServer: '10.0.1.2' })).toEqual([
    'the address 10.0.0.2 is gone',
  ]);
  moves.knownAt('10.0.1.2');
  expect(after({})).toEqual([]);
});

test('a device that slept, and one that is busy', () => {
  const { after } = watched({ addresses: ['10.0.0.2'], towardServer: '10.0.0.2' });
  expect(after({}, LOOK_MS + 5_001)).toEqual(['the device slept']);
  expect(after({}, LOOK_MS + 4_000)).toEqual([]);
  expect(after({}, -3_600_000)).toEqual([]);
});
