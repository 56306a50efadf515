/**
 * The edge to this machine: SIP over UDP, TCP, TLS and WebSocket, DNS, clocks, randomness and hashes. The only package that
 * knows sockets; it runs on Node and on Bun.
 *
 * @example
 * const transport = await createSipTransport(
 *   { hosts: ['127.0.0.1'], sipPort: 5060, advertise: (local) => local },
 *   {
 *     messageReceived: (message, flow) => {
 *       if (message instanceof SipRequest) transport.send(flow, buildResponse(message, 200));
 *     },
 *     flowFailed: () => {},
 *   },
 * );
 */
export { ByteStream, type ByteStreamLimits, type ByteStreamUser } from './bytes/byte-stream.ts';
export {
  type ByteTransport,
  type ByteTransportOptions,
  type ByteTransportUser,
  createByteTransport,
} from './bytes/byte-transport.ts';
export {
  type ByteDialUser,
  type ByteListenerUser,
  connectBytes,
  listenBytes,
} from './bytes/relay-streams.ts';
export { nodeClock } from './clock.ts';
export { AES_BLOCK_BYTES, type AesGcm, aesBlocks, aesGcm } from './cryptography/aes.ts';
export {
  certificateDer,
  certificateFingerprint,
  ecdsaSigner,
  FINGERPRINT_HASHES,
  type FingerprintHash,
  readCertificate,
  type ShownCertificate,
  SIGNATURE_SCHEMES,
} from './cryptography/certificate.ts';
export { type KeyAgreement, type KeyGroup, makeKeyAgreement } from './cryptography/key-agreement.ts';
export { sameBytes } from './cryptography/same-bytes.ts';
export { parseDnsRecord } from './dns-record.ts';
export {
  createDnsResolver,
  type DnsResolver,
  type DnsResolverOptions,
  parseDnsServer,
} from './dns-resolver.ts';
export { type Driver, drive, type Timed } from './drive.ts';
export { nodeHashes } from './hashes.ts';
export { ListenError } from './listen-error.ts';
export { createLiveTimers, type LiveTimers, type LiveTimersOptions } from './live-timers.ts';
export { everyMs } from './pulse.ts';
export { nodeRandom } from './random.ts';
export { createSipTransport, type SipTransport } from './sip-transport.ts';
export { type NodeSocketsOptions, nodeSockets } from './sockets/node-sockets.ts';
export { nodeText } from './text.ts';
export { type CertificateFault, certificateFault } from './tls/certificate-fault.ts';
export { certificateIdentities } from './tls/certificate-identities.ts';
export { makeSelfSignedCertificate } from './tls/self-signed.ts';
export {
  type Advertise,
  type Certificate,
  type Listener,
  type SipTransportOptions,
  type TransportEvent,
  type TransportLimits,
  transportLimits,
} from './transport-options.ts';
export type { QueueLook } from './udp/queue-probe.ts';
export type { UdpBuffers, UdpPort } from './udp/udp-port.ts';
