/**
 * What two ends of a stream say to each other: TCP (RFC 9293) without its bytes. `sequence` counts the pieces of one
 * direction from 0; an acknowledgement names the first piece still missing and the one that made it speak.
 */
export type Segment =
  | { readonly kind: 'syn'; readonly serverName: string | undefined }
  | { readonly kind: 'syn-ack' }
  | { readonly kind: 'data'; readonly sequence: number; readonly bytes: Uint8Array }
  | { readonly kind: 'fin'; readonly sequence: number }
  | { readonly kind: 'ack'; readonly missing: number; readonly got: number }
  | { readonly kind: 'rst'; readonly why: string };
