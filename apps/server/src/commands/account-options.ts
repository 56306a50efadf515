/** What every `account` command takes. */
export interface AccountOptions {
  readonly home?: string | undefined;
  readonly domain?: string | undefined;
  /** One JSON document instead of text. */
  readonly json?: boolean | undefined;
}
