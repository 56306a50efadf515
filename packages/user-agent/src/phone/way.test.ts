import { describe, expect, it } from 'vitest';
import { causeOf, causes } from '../cause.ts';
import { Way } from './way.ts';

const explained = (seen: (way: Way) => void, cause = causes.noNetwork as Parameters<Way['explained']>[0]) => {
  const way = new Way('radio.example');
  seen(way);
  return way.explained(cause).what;
};

const address = { type: 'A', name: 'radio.example', ttlSeconds: 60, address: '192.0.2.1' } as const;

describe('why nothing gets to the server', () => {
  it('is that its name is unknown, or that nobody could be asked', () => {
    const unknown = explained((way) => {
      way.dnsAnswered({ kind: 'failed', failure: 'no such name' });
      way.dnsAnswered({ kind: 'failed', failure: 'no data' });
    });
    expect(unknown).toBe('There is no server under the name radio.example.');
    const silent = explained((way) => {
      way.dnsAnswered({ kind: 'failed', failure: 'no such name' });
      way.dnsAnswered({ kind: 'failed', failure: 'timeout' });
    });
    expect(silent).toBe('The DNS does not answer for radio.example.');
  });

  it('is what became of the connection, where there was one', () => {
    const refused = explained((way) => {
      way.dnsAnswered({ kind: 'records', records: [address] });
      way.flowFailed('nothing listens there');
    });
    expect(refused).toBe('The server cannot be reached: nothing listens there.');
    const way = new Way('192.0.2.9');
    way.flowFailed('nothing listens there');
    expect(way.explained(causes.noNetwork).next).toBe(
      'Look whether 192.0.2.9 is the server and runs there, and check the network.',
    );
  });

  it('is not known where nothing was seen, or something came since', () => {
    const nothing = [
      explained(() => undefined),
      explained((way) => {
        way.flowFailed('the connection was reset');
        way.isOpen();
      }),
      explained((way) => way.dnsAnswered({ kind: 'records', records: [address] })),
    ];
    expect(new Set(nothing)).toEqual(new Set([causes.noNetwork.what]));
  });

  it('is what the server says, where it says something', () => {
    expect(explained((way) => way.flowFailed('gone'), causeOf(403))).toBe('The server forbids it.');
  });
});
