/**
 * Node's clocks, hashes, randomness and text alone, for programs that open no socket and want to start fast.
 *
 * @example
 * nodeHashes.hex('md5', 'alice:radio.example:secret');
 */
export { nodeClock } from './clock.ts';
export { nodeHashes } from './hashes.ts';
export { nodeRandom } from './random.ts';
export { nodeText } from './text.ts';
