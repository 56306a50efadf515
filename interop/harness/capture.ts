import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunningProcess } from './process.ts';
import { isRoot } from './root.ts';
import type { Stage } from './suite.ts';

export interface CaptureOptions {
  readonly name: string;
  /** Network whose packets are taken, in tcpdump's words. */
  readonly address: string;
  /** Interface; the loopback by default. */
  readonly device?: string;
  readonly namespace?: string;
  /** False where another capture of the suite shows the same. */
  readonly shown?: boolean;
}

/** One UDP datagram or the payload of one TCP segment. */
export interface Packet {
  readonly seconds: number;
  readonly protocol: 'udp' | 'tcp';
  readonly from: string;
  readonly to: string;
  readonly payload: Buffer;
}

export interface Capture {
  /** Stops and reads what was taken. */
  finish(): Promise<readonly Packet[]>;
}

/** Starts tcpdump, for which one must be root; without it there is only no trace to show. */
export async function startCapture(stage: Stage, options: CaptureOptions): Promise<Capture | undefined> {
  if (!isRoot) return undefined;
  const file = join(stage.folder, `${options.name}.pcap`);
  const tcpdump = new RunningProcess({
    name: `tcpdump ${options.name}`,
    command: 'tcpdump',
    args: [
      ...['-i', options.device ?? 'lo', '-n', '-U', '--immediate-mode', '-s', '0', '-Z', 'root', '-w', file],
      ...['net', options.address],
    ],
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
  });
  stage.defer(async () => void (await tcpdump.stop()));
  if (options.shown !== false)
    stage.evidence(`messages on ${options.name}`, () =>
      existsSync(file) ? sipTrace(readCapture(file)) : '',
    );
  await tcpdump.waitFor(/listening on/, 5_000);
  return {
    async finish() {
      await tcpdump.stop();
      return readCapture(file);
    },
  };
}

/** Reads the classic pcap format, Ethernet frames with IPv4. */
export function readCapture(path: string): readonly Packet[] {
  const file = readFileSync(path);
  const packets: Packet[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const seconds = file.readUInt32LE(at) + file.readUInt32LE(at + 4) / 1_000_000;
    const length = file.readUInt32LE(at + 8);
    const packet = readFrame(file.subarray(at + 16, at + 16 + length), seconds);
    if (packet !== undefined) packets.push(packet);
    at += 16 + length;
  }
  return packets;
}

function readFrame(frame: Buffer, seconds: number): Packet | undefined {
  if (frame.length < 42 || frame.readUInt16BE(12) !== 0x0800) return undefined;
  const ip = frame.subarray(14, 14 + frame.readUInt16BE(16));
  const header = (ip[0]! & 0x0f) * 4;
  const address = (at: number): string => [...ip.subarray(at, at + 4)].join('.');
  const ends = {
    from: `${address(12)}:${ip.readUInt16BE(header)}`,
    to: `${address(16)}:${ip.readUInt16BE(header + 2)}`,
  };
  if (ip[9] === 17)
    return {
      seconds,
      protocol: 'udp',
      ...ends,
      payload: ip.subarray(header + 8),
    };
  if (ip[9] !== 6) return undefined;
  const payload = ip.subarray(header + (ip[header + 12]! >> 4) * 4);
  return payload.length === 0 ? undefined : { seconds, protocol: 'tcp', ...ends, payload };
}

const sipStart = /^(?:SIP\/2\.0 \d{3}|[A-Z]+ \S+ SIP\/2\.0)/;

/** RTP version 2 with a payload type that these peers use; SIP and STUN begin otherwise (RFC 7983 §7). */
export function isRtp(packet: Packet): boolean {
  const [first, second] = packet.payload;
  if (packet.protocol !== 'udp' || packet.payload.length < 12) return false;
  if (first === undefined || second === undefined || first < 128 || first > 191) return false;
  return (second & 0x7f) < 64 || (second & 0x7f) > 95; // 64–95 would be RTCP (RFC 5761 §4)
}

/** The messages of a capture for people: who to whom, and the whole text. */
function sipTrace(packets: readonly Packet[]): string {
  const lines: string[] = [];
  for (const packet of packets) {
    const text = packet.payload.toString('latin1');
    if (!sipStart.test(text)) continue;
    const time = new Date(packet.seconds * 1_000).toISOString().slice(11, 23);
    const callId = /^(?:Call-ID|i)\s*:\s*(\S+)/im.exec(text)?.[1] ?? '';
    const start = text.slice(0, text.indexOf('\r\n'));
    lines.push(`${time} ${packet.protocol} ${packet.from} > ${packet.to}  ${start}  ${callId}`);
  }
  return lines.join('\n');
}
