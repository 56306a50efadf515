/** What the protocol of an `m=` line says of RTP. */
export interface RtpProtocol {
  /** `UDP/TLS/…` (RFC 5764 §8). */
  readonly isDtls: boolean;
  /** SAVP or SAVPF. */
  readonly isSecure: boolean;
  /** AVPF or SAVPF. */
  readonly hasFeedback: boolean;
}

const PROTOCOLS: Readonly<Record<string, RtpProtocol>> = {
  'RTP/AVP': { isDtls: false, isSecure: false, hasFeedback: false },
  'RTP/AVPF': { isDtls: false, isSecure: false, hasFeedback: true },
  'RTP/SAVP': { isDtls: false, isSecure: true, hasFeedback: false },
  'RTP/SAVPF': { isDtls: false, isSecure: true, hasFeedback: true },
  'UDP/TLS/RTP/SAVP': { isDtls: true, isSecure: true, hasFeedback: false },
  'UDP/TLS/RTP/SAVPF': { isDtls: true, isSecure: true, hasFeedback: true },
};

/** Undefined for all that is not RTP over UDP. */
export const rtpProtocol = (protocol: string): RtpProtocol | undefined =>
  Object.hasOwn(PROTOCOLS, protocol) ? PROTOCOLS[protocol] : undefined;

export const rtpProtocolText = ({ isDtls, isSecure, hasFeedback }: RtpProtocol): string =>
  `${isDtls ? 'UDP/TLS/' : ''}RTP/${isSecure ? 'S' : ''}AVP${hasFeedback ? 'F' : ''}`;
