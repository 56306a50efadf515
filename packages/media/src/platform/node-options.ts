import type { ConnectivityServer } from '@ringdown/connectivity';

/** What a phone on this machine may be told; nothing has to be. */
export interface NodePlatformOptions {
  /** Addresses of this machine to use. Default: all of them, and those that come and go. */
  readonly addresses?: readonly string[];
  /** STUN and TURN servers. Default: those of the account's domain, found by DNS (RFC 5928) or at the server itself. */
  readonly servers?: readonly ConnectivityServer[];
  /** `HOST[:PORT]` of the TURN server that takes the account, where it cannot be found. */
  readonly turnServer?: string;
  /** DNS servers, `ADDRESS[:PORT]`. Default: those of the machine. */
  readonly dnsServers?: readonly string[];
  /** DNS records that are known already, in the form of a zone file: `radio.example 60 A 192.0.2.1`. */
  readonly dnsRecords?: readonly string[];
  /** Certificate authorities in PEM, trusted besides those of the system. */
  readonly authorities?: readonly string[];
  /** The local UDP and TCP port of SIP. Default: any. */
  readonly sipPort?: number;
  /** The port range of sound. Default: any. */
  readonly rtpPorts?: readonly [lowest: number, highest: number];
  /** Where this device keeps its identity (RFC 5626 §4.1). Default: nowhere, and a new one each time. */
  readonly home?: string;
}
