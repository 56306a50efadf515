import { answerBinding, Malformed, parseStun } from '@ringdown/stun';
import { below, mutate } from '../mutate.ts';
import { must, type Target } from '../target.ts';

/** A Binding request with FINGERPRINT and one with SOFTWARE and an unknown attribute. */
const SEEDS = [
  '000100082112a442b7e7a701bc34d686fa87dfae80280004e57a3bcb',
  '000100182112a4420102030405060708090a0b0c8022000452494e4700ff00040000000080280004e57a3bcb',
  '000100000102030405060708090a0b0c0d0e0f10',
].map((hex) => Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16)));

/** Any datagram is read without a throw, and an answer is never much larger than what was asked. */
export const stunTarget: Target = {
  name: 'stun',
  generate: (random) => [mutate(SEEDS[below(random, SEEDS.length)]!, random, SEEDS)],
  check: ([bytes]) => {
    const message = parseStun(bytes!);
    const answer = answerBinding(bytes!, { address: '2001:db8::1', port: 40_000 });
    if (answer === undefined) return;
    must(!(message instanceof Malformed), 'an answer to what is no message');
    must(answer.length <= bytes!.length + 44, `${bytes!.length} bytes were answered by ${answer.length}`);
    must(!(parseStun(answer) instanceof Malformed), 'an answer of ours cannot be read');
  },
};
