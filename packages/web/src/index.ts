/**
 * The edge of a phone in the browser: SIP over WebSocket (RFC 7118), sound by RTCPeerConnection, and the clock, chance and
 * hashes that a user agent asks for.
 *
 * @example
 * import { connect } from '@ringdown/user-agent';
 *
 * const phone = await connect({ account: 'sip:reporter@radio.example', password, platform: browser() });
 * const call = await phone.call('sip:studio@radio.example', {
 *   profile: 'music-stereo',
 *   sound: { play: document.querySelector('audio') },
 * });
 */
export type { BrowserSound } from './media/browser-sound.ts';
export { type BrowserOptions, browser } from './platform/browser.ts';
export { browserHashes } from './ports/hashes.ts';
