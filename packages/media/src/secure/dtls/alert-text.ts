/** Alerts of TLS (RFC 5246 §7.2) as people read them. */
const TEXTS: ReadonlyMap<number, string> = new Map([
  [0, 'it closed the association'],
  [10, 'it did not expect a message of ours'],
  [20, 'a record of ours could not be verified'],
  [40, 'it could not agree on how to encrypt'],
  [42, 'our certificate is bad to it'],
  [43, 'our kind of certificate is not supported by it'],
  [45, 'our certificate has expired for it'],
  [46, 'our certificate is not one that it takes'],
  [47, 'something of ours is not allowed'],
  [48, 'nobody whom it knows vouches for our certificate'],
  [50, 'it could not read a message of ours'],
  [51, 'a signature or the end of the handshake did not verify'],
  [70, 'it does not speak DTLS 1.2'],
  [71, 'it wants stronger encryption'],
  [80, 'it has a fault of its own'],
  [90, 'it gave up'],
]);

export const alertText = (code: number): string => TEXTS.get(code) ?? `alert ${code}`;
