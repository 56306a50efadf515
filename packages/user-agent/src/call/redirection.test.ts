import { parseMessage, type SipResponse } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import { Redirection } from './redirection.ts';

const response = (status: number, ...contacts: string[]): SipResponse =>
  parseMessage(
    `SIP/2.0 ${status} There\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: <sip:a@home.example>;tag=1\r\n` +
      'To: <sip:bob@home.example>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n' +
      `${contacts.map((contact) => `Contact: ${contact}\r\n`).join('')}Content-Length: 0\r\n\r\n`,
    new Uint8Array(),
  ) as SipResponse;

describe('where a call is sent on', () => {
  it('is tried by preference, and the rest where that fails', () => {
    const redirection = new Redirection('sip:bob@home.example');
    const first = response(302, '<sip:b@x.example>;q=0.1, <sip:a@x.example>;q=0.9', '<sip:c@x.example>');
    expect(redirection.next(first)).toBe('sip:c@x.example');
    expect(redirection.next(response(486))).toBe('sip:a@x.example');
    expect(redirection.next(undefined)).toBe('sip:b@x.example');
    expect(redirection.next(response(404))).toBeUndefined();
  });

  it('is never a place where we were', () => {
    const redirection = new Redirection('sip:bob@home.example');
    expect(redirection.next(response(302, '<sip:b@x.example>'))).toBe('sip:b@x.example');
    expect(
      redirection.next(response(302, '<sip:bob@HOME.example>, <sip:b@x.example;foo=1>')),
    ).toBeUndefined();
  });

  it('ends after five', () => {
    const redirection = new Redirection('sip:bob@home.example');
    for (let at = 1; at <= 5; at++)
      expect(redirection.next(response(302, `<sip:${at}@x.example>`))).toBe(`sip:${at}@x.example`);
    expect(redirection.next(response(302, '<sip:6@x.example>'))).toBeUndefined();
  });

  it('stays secure where it was meant to be', () => {
    const redirection = new Redirection('sips:bob@home.example');
    expect(redirection.next(response(302, '<sip:b@x.example>, <sips:c@x.example>;q=0.5'))).toBe(
      'sips:c@x.example',
    );
  });

  it.each([
    ['nothing that SIP calls', response(302, '<tel:+123>, <mailto:bob@home.example>')],
    ['everywhere', response(302, '*')],
    ['what cannot be read', response(302, '<sip:')],
    ['another proxy', response(305, '<sip:proxy.example;lr>')],
    ['another service', response(380, '<sip:b@x.example>')],
    ['nowhere, since somebody said no for all', response(603, '<sip:b@x.example>')],
  ])('is not %s', (_, refusal) => {
    expect(new Redirection('sip:bob@home.example').next(refusal)).toBeUndefined();
  });

  it('says nothing else in our name', () => {
    const redirection = new Redirection('sip:bob@home.example');
    expect(redirection.next(response(302, '<sip:b@x.example?Replaces=1%3Bto-tag=2&Subject=x>'))).toBe(
      'sip:b@x.example',
    );
  });
});
