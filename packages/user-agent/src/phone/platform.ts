import type { Clock, Hashes, Random, Text, Timers } from '@ringdown/sans-io';
import type { DnsAnswer, DnsPort, Flow, Transport, TransportName, TransportUser } from '@ringdown/sip';
import type { Account } from '../account.ts';
import type { MediaAnswer, MediaEngine } from '../media/media-engine.ts';
import type { Levels, MediaEvent, PairRow } from '../media/media-event.ts';

/**
 * A device, as a phone sees it: what it has of networks, time and sound. `Sound` is what its calls take as microphone and
 * loudspeaker.
 */
export interface Platform<Sound = unknown> {
  /** What it can speak, in the order of preference. */
  readonly transports: readonly TransportName[];
  /** Opens everything that one phone needs. Rejects with an error whose message says what cannot be had, and the remedy. */
  open(request: PlatformRequest, user: PlatformUser): Promise<OpenPlatform<Sound>>;
}

/** Whom the device is opened for. */
export interface PlatformRequest {
  readonly account: Account;
  /** Where the account's server is, if it was named: a host name or an address. */
  readonly server: { readonly host: string; readonly port?: number } | undefined;
  /** Among them the phone will choose. */
  readonly transports: readonly TransportName[];
}

/** Told what the device has to say; never from within a call to it. */
export interface PlatformUser extends TransportUser {
  /** A STUN message came to where SIP is spoken (RFC 7983). */
  stunReceived(bytes: Uint8Array, flow: Flow): void;
  dnsAnswered(id: number, answer: DnsAnswer): void;
  mediaAnswered(id: number, answer: MediaAnswer): void;
  mediaTold(event: MediaEvent): void;
  /** The network or our address changed, or the device woke from a sleep. */
  moved(why: string): void;
}

export interface OpenPlatform<Sound = unknown> {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly hashes: Hashes;
  readonly text: Text;
  readonly transport: Transport;
  /**
   * Sends STUN from where SIP comes from, over UDP (RFC 5626 §4.4.2): so a phone finds out that its server, or the way there, has
   * gone. What comes back is told by `stunReceived`. Undefined where that cannot be.
   */
  readonly stun?: { send(flow: Flow, bytes: Uint8Array): void };
  /** Answered by `dnsAnswered`. */
  readonly dns: DnsPort;
  readonly media: PhoneMedia<Sound>;
  /** A URN that this device keeps, where it can keep something; a new one otherwise. */
  readonly instance: string;
  /** Gives everything back. */
  close(): Promise<void>;
}

/** A media engine and what a phone does with its sessions. */
export interface PhoneMedia<Sound = unknown> extends MediaEngine {
  /** Never read: ties what a call is given to the platform that understands it. */
  readonly sound?: Sound;
  /** Whether the peer hears us. */
  mute(session: string, isMuted: boolean): void;
  /** Sends digits as telephone-events. @returns false where none were agreed upon: then INFO is left */
  sendDigits(session: string, digits: string): boolean;
  levels(session: string): Levels | undefined;
  /** The pairs of ICE, the best first; none without ICE. */
  pairs(session: string): readonly PairRow[];
}
