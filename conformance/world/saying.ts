import type { HeaderLines } from '@ringdown/sip';

/** What a request says besides what every request says. */
export interface Saying {
  readonly headers?: HeaderLines;
  readonly body?: string;
  /** Route values, the first hop first. */
  readonly routes?: readonly string[];
  readonly to?: string;
  readonly from?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly branch?: string;
  readonly credentials?: string | undefined;
  readonly maxForwards?: number;
  readonly fromTag?: string;
}
