import type { CallOptions, IncomingPhoneCall, Phone, PhoneCall, PhoneEvent } from '@ringdown/user-agent';
import { presenceWatch } from './presence-watch.ts';
import type { ContactBook } from './state/contact.ts';
import type { ScreenEffect } from './state/screen-effect.ts';
import type { ScreenEvent } from './state/screen-event.ts';

export interface PhoneDeskPorts<Sound> {
  readonly phone: Phone<Sound>;
  readonly contacts: ContactBook;
  /** What the next call is made or answered with: its sound above all. */
  callOptions(): CallOptions<Sound>;
  tell(event: ScreenEvent): void;
}

/** Does with the phone what the screen wants, and tells what came of it. */
export interface PhoneDesk {
  carryOut(effect: ScreenEffect): void;
  /** What the phone tells goes through here: calls that come are remembered until they are over. */
  heard(event: PhoneEvent): void;
  call(id: string): PhoneCall | undefined;
  /** The calls that are not over. */
  readonly calls: Iterable<PhoneCall>;
  close(): void;
}

const wordsOf = (failed: unknown): string => (failed instanceof Error ? failed.message : String(failed));

export const phoneDesk = <Sound>({
  phone,
  contacts,
  callOptions,
  tell,
}: PhoneDeskPorts<Sound>): PhoneDesk => {
  const calls = new Map<string, PhoneCall>();
  const incoming = new Map<string, IncomingPhoneCall>();
  const watch = presenceWatch(phone, tell);
  let saved: Promise<void> = Promise.resolve();
  let isSilent = false;

  const failed = (what: string) => (why: unknown) =>
    tell({ kind: 'told', tone: 'bad', text: `${what}: ${wordsOf(why)}` });
  /** Once: it is told anew with each call, and a server without presence goes on having none. */
  const notPublished = (why: unknown): void => {
    if (!isSilent) failed('Others do not see how we are')(why);
    isSilent = true;
  };
  const told = (text: string) => () => tell({ kind: 'told', tone: 'plain', text });

  const dial = (target: string): void => {
    try {
      const call = phone.dial(target, callOptions());
      // Why it was not answered is told by the event that ends it.
      call.answered.catch(() => {});
    } catch (why) {
      failed('The call could not be made')(why);
    }
  };

  const onCall = (id: string, effect: ScreenEffect): void => {
    const call = calls.get(id);
    if (call === undefined) return;
    switch (effect.kind) {
      case 'answer':
        incoming.get(id)?.answer(callOptions()).catch(failed('The call could not be answered'));
        break;
      case 'refuse':
        incoming.get(id)?.refuse();
        break;
      case 'hang up':
        call.hangUp();
        break;
      case 'hold':
        call.hold().catch(failed('The other side was not asked to wait'));
        break;
      case 'resume':
        call.resume().catch(failed('The call could not be taken back'));
        break;
      case 'mute':
      case 'unmute':
        call.mute(effect.kind === 'mute');
        break;
      case 'digit':
        call.sendDigits(effect.digit);
        break;
      case 'transfer':
        transfer(call, effect.target);
        break;
    }
  };

  const transfer = (call: PhoneCall, target: string | { readonly call: string }): void => {
    const to = typeof target === 'string' ? target : calls.get(target.call);
    if (to === undefined) return;
    told('The call is being handed over.')();
    call.transfer(to).then(told('The call was handed over.'), failed('The call was not handed over'));
  };

  const write = ({ key, number, to, text }: Extract<ScreenEffect, { kind: 'text' }>): void => {
    phone.message(to, text).then(
      () => tell({ kind: 'text sent', key, number, failed: undefined }),
      (why) => tell({ kind: 'text sent', key, number, failed: wordsOf(why) }),
    );
  };

  return {
    calls: { [Symbol.iterator]: () => calls.values() },
    call: (id) => calls.get(id),
    heard(event) {
      if (!('call' in event)) return;
      const { call } = event;
      if (event.kind === 'ended') {
        calls.delete(call.id);
        incoming.delete(call.id);
        return;
      }
      if (call.state !== 'ended') calls.set(call.id, call);
      if (event.kind === 'transferred') calls.set(event.to.id, event.to);
      if (event.kind === 'incoming') incoming.set(call.id, event.call);
    },
    carryOut(effect) {
      try {
        if ('call' in effect) return onCall(effect.call, effect);
        switch (effect.kind) {
          case 'dial':
            return dial(effect.target);
          case 'text':
            return write(effect);
          case 'save':
            // One after the other: the last list is the one that stays.
            saved = saved
              .then(() => contacts.save(effect.contacts))
              .catch(failed('The contacts were not saved'));
            return;
          case 'watch':
            return watch.begin(effect.key, effect.address);
          case 'unwatch':
            return watch.end(effect.key);
          case 'publish':
            phone.publish(effect.status).catch(notPublished);
            return;
        }
      } catch (why) {
        failed('That did not go')(why);
      }
    },
    close: () => watch.close(),
  };
};
