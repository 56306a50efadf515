import { cancelOf, parseMessage, type SipRequest } from '@ringdown/sip';
import { describe, expect, it } from 'vitest';
import { testText as text } from '../../../../tools/testing/hashes.ts';
import { causes } from '../cause.ts';
import { reasonHeader, toldBy } from './reason-header.ts';

const invite = parseMessage(
  'INVITE sip:bob@home.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: <sip:a@home.example>;tag=1\r\n' +
    'To: <sip:bob@home.example>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n',
  new Uint8Array(),
) as SipRequest;

const saying = (reason: string) => cancelOf(invite, [['Reason', reason]]);

describe('what a CANCEL says', () => {
  it.each([
    ['SIP ;cause=200 ;text="Call completed elsewhere"', causes.answeredElsewhere],
    ['Q.850;cause=26, SIP;cause=200', causes.answeredElsewhere],
    ['SIP;cause=600;text="Busy Everywhere"', causes.declinedElsewhere],
    ['Q.850;cause=16;text="Terminated"', causes.callerGaveUp],
    ['', causes.callerGaveUp],
    ['SIPS;cause=200', causes.callerGaveUp],
  ])('%j is understood', (reason, cause) => {
    expect(toldBy(saying(reason), causes.callerGaveUp, text)).toBe(cause);
  });
});

describe('what a BYE says', () => {
  it('is told with it', () => {
    expect(toldBy(saying('SIP;cause=504;text="No \\"way\\" through."'), causes.peerHungUp, text)).toEqual({
      status: 504,
      what: 'The other side hung up: No "way" through.',
      next: causes.peerHungUp.next,
    });
  });

  it('is told within a bound', () => {
    const { what } = toldBy(saying(`SIP;text="${'x'.repeat(5_000)}"`), causes.peerHungUp, text);
    expect(what.length).toBeLessThan(250);
  });

  it('is told as UTF-8, and does nothing to a screen', () => {
    const bytes = text.latin1(text.utf8Bytes('Auf Wiederh\u00f6ren \u00dcbermorgen\u001b]0;x\u0007\u009b2J'));
    expect(toldBy(saying(`SIP;text="${bytes}"`), causes.peerHungUp, text).what).toBe(
      'The other side hung up: Auf Wiederhören Übermorgen ]0;x 2J.',
    );
  });

  it('comes back as it was said, however strange', () => {
    const what = 'No sound: "\\" and ; and , and\r\nBye: x \u010d\u010aRoute: <sip:x>.';
    const [[, value]] = reasonHeader({ status: 488, what, next: '' }, text) as [readonly [string, string]];
    // As the wire has it.
    expect(text.latin1(text.latin1Bytes(value))).not.toMatch(/[\r\n]/);
    expect(toldBy(saying(value), causes.peerHungUp, text)).toMatchObject({
      status: 488,
      what: 'The other side hung up: No sound: "\\" and ; and , and Bye: x čĊRoute: <sip:x>.',
    });
  });
});
