/**
 * The ports and shapes that every protocol machine of Ringdown stands on. A machine gets time with each input and asks
 * for later calls through {@link Timers}; randomness, hashes and text are handed in, so that the same machine runs in
 * Node, in a browser and in a test whose clock is moved by hand.
 *
 * @example
 * const wheel = new TimingWheel(instant(0));
 * wheel.start({ timerFired: (name, now) => console.log(name, now) }, 'timer A', 500);
 * wheel.expire(instant(499)); // nothing
 * wheel.expire(instant(500)); // timer A 500
 */
export {
  after,
  type Clock,
  type Instant,
  instant,
  type WallTime,
  wallTime,
} from './clock.ts';
export {
  constantTimeEqual,
  type HashAlgorithm,
  type Hashes,
} from './hashes.ts';
export type { Machine } from './machine.ts';
export { type Random, seededRandom } from './random.ts';
export type {
  SocketAddress,
  Sockets,
  StreamSocket,
  StreamSocketOptions,
  StreamSocketUser,
  UdpSocket,
  UdpSocketOptions,
  UdpSocketUser,
} from './sockets.ts';
export type { Text } from './text.ts';
export type { Timer, Timers, TimerTarget } from './timers.ts';
export { TimingWheel } from './timing-wheel.ts';
