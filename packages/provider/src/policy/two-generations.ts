/**
 * A map that strangers may fill and that stays bounded: entries live in the younger of two generations; when that is
 * full, or its time is over, it becomes the older and what was the older is forgotten. Entries that are read stay.
 */
export class TwoGenerations<Value> {
  private young = new Map<string, Value>();
  private old = new Map<string, Value>();
  private readonly capacity: number;
  /** How often a generation was forgotten. */
  forgotten = 0;

  /** At most `capacity` entries in each generation. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get(key: string): Value | undefined {
    const value = this.young.get(key);
    if (value !== undefined || this.old.size === 0) return value;
    const older = this.old.get(key);
    if (older !== undefined) {
      this.old.delete(key);
      this.set(key, older);
    }
    return older;
  }

  set(key: string, value: Value): void {
    if (this.young.size >= this.capacity && !this.young.has(key)) this.rotate();
    this.young.set(key, value);
  }

  delete(key: string): void {
    this.young.delete(key);
    this.old.delete(key);
  }

  /** Forgets the older generation and begins a new one. */
  rotate(): void {
    this.old = this.young;
    this.young = new Map();
    this.forgotten++;
  }

  get size(): number {
    return this.young.size + this.old.size;
  }
}
