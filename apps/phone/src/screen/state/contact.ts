/** Somebody whom we know. */
export interface Contact {
  readonly name: string;
  /** As `Phone.dial` takes it. */
  readonly address: string;
}

/** Where contacts are kept. */
export interface ContactBook {
  load(): Promise<readonly Contact[]>;
  /** Rejects with an error whose message says what cannot be written, and the remedy. */
  save(contacts: readonly Contact[]): Promise<void>;
}
