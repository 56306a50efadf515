import { Line } from './line.ts';

/** A call that we make. */
export class OutgoingLine<Sound = unknown> extends Line<Sound> {
  readonly direction = 'outgoing';
}
