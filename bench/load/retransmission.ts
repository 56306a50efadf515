/**
 * Retransmission over UDP (RFC 3261 §17.1, T1 500 ms): one first-in-first-out queue per step of the back-off. All entries of a queue
 * wait equally long, so each queue is ordered by time and nothing is sorted.
 */
const WAITS_MS: readonly number[] = [500, 1000, 2000, 4000, 4000];

export interface Sent {
  /** What goes out again; undefined once it was answered. */
  text: string | undefined;
}

interface Entry {
  readonly sent: Sent;
  readonly dueMs: number;
}

export interface Retransmission {
  readonly resent: number;
  watch(sent: Sent, nowMs: number): void;
  run(nowMs: number): void;
}

export function createRetransmission(send: (text: string) => void): Retransmission {
  const queues = WAITS_MS.map(() => ({ entries: [] as Entry[], head: 0 }));
  let resent = 0;
  return {
    get resent() {
      return resent;
    },
    watch: (sent, nowMs) => {
      queues[0]!.entries.push({ sent, dueMs: nowMs + WAITS_MS[0]! });
    },
    run: (nowMs) => {
      for (const [step, queue] of queues.entries()) {
        while (queue.head < queue.entries.length && queue.entries[queue.head]!.dueMs <= nowMs) {
          const { sent } = queue.entries[queue.head]!;
          queue.head += 1;
          if (sent.text === undefined) continue;
          send(sent.text);
          resent += 1;
          queues[step + 1]?.entries.push({ sent, dueMs: nowMs + WAITS_MS[step + 1]! });
        }
        if (queue.head > 10_000) {
          queue.entries.splice(0, queue.head);
          queue.head = 0;
        }
      }
    },
  };
}
