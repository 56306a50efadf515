import type { PhoneCall } from '@ringdown/user-agent';
import { beforeEach, describe, expect, it } from 'vitest';
import { testText } from '../../tools/testing/hashes.ts';
import type { Asked } from '../world/exchange.ts';
import type { Phone } from '../world/phone.ts';
import { answersAll, gathered, Stage, type StagedPhone } from '../world/stage.ts';
import { World } from '../world/world.ts';

let world: World;
let stage: Stage;
let alice: StagedPhone;
let bob: StagedPhone;
let carol: StagedPhone;

beforeEach(async () => {
  world = new World({ users: ['alice', 'bob', 'carol'] });
  stage = new Stage(world);
  alice = await stage.phone('alice');
  bob = await stage.phone('bob');
  carol = await stage.phone('carol');
});

describe('a transfer', () => {
  it('to somebody is made by the peer by itself, and done when that call was answered', async () => {
    const { call, taken } = await stage.talk(alice, bob);
    taken.mute(true);
    const told = gathered(bob.phone.events());
    answersAll(carol.phone);
    await stage.settled(call.transfer('carol'));
    expect((await stage.settled(call.ended)).cause.what).toBe('The call was handed over.');
    await stage.settled(taken.ended);
    const [made] = bob.phone.calls;
    expect([made?.peer.uri, made?.state, made?.isMuted]).toEqual([
      'sip:carol@home.example',
      'established',
      true,
    ]);
    expect(told.find(({ kind }) => kind === 'transferred')).toEqual({
      kind: 'transferred',
      call: taken,
      target: 'sip:carol@home.example',
      to: made,
    });
    expect(carol.phone.calls.map(({ peer }) => peer.uri)).toEqual(['sip:bob@home.example']);
  });

  it('to the peer of another call puts both together', async () => {
    const { call } = await stage.talk(alice, bob);
    await stage.settled(call.hold());
    const { call: asked, taken: consulted } = await stage.talk(alice, carol);
    consulted.mute(true);
    const incoming = carol.phone.incoming();
    await stage.settled(call.transfer(asked));
    await stage.settled(asked.ended);
    expect(alice.phone.calls).toEqual([]);
    expect([bob, carol].map(({ phone }) => phone.calls.map(({ state }) => state))).toEqual([
      ['established'],
      ['established'],
    ]);
    const { value: taking } = await stage.settled(incoming.next());
    expect([taking?.replaces, taking?.isMuted]).toEqual([asked.id, true]);
    const session = carol.platform.media.requests.findLast(({ kind }) => kind === 'establish')!.session;
    expect(carol.platform.media.muted.get(session)).toBe(true);
  });

  it('that comes to nothing says why, and the call goes on', async () => {
    const { call, taken } = await stage.talk(alice, bob);
    const transfer = call.transfer('nobody');
    expect((await stage.refusal(transfer)).cause.what).toBe('There is no such user.');
    expect([call.state, taken.state]).toEqual(['established', 'established']);
    answersAll(carol.phone);
    await stage.settled(call.transfer('carol'));
  });

  it('is refused by who does not want any', async () => {
    const dora = await stage.phone('bob', { transfers: 'refuse' });
    await stage.settled(bob.phone.close());
    const { call } = await stage.talk(alice, dora);
    expect((await stage.refusal(call.transfer('carol'))).cause).toMatchObject({
      status: 603,
      what: 'The other side would not call there, or was declined there.',
    });
    expect([call.state, dora.phone.calls.length]).toEqual(['established', 1]);
  });

  describe('that a peer asks for who means no good', () => {
    let peer: Phone;
    let asked: Asked;
    let calling: PhoneCall;

    beforeEach(async () => {
      await stage.settled(carol.phone.close());
      peer = world.phone('carol');
      peer.registers();
      calling = alice.phone.dial('carol');
      await stage.passes(100);
      asked = peer.takes('INVITE').answers(200, {
        headers: [['Content-Type', 'application/sdp']],
        body: 'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n',
      });
      await stage.settled(calling.answered);
      peer.takes('ACK');
    });

    const refers = async (target: string): Promise<void> => {
      asked.asks('REFER', { headers: [['Refer-To', `<${target}>`]] });
      await stage.passes(100);
    };

    it('is not followed where it is no SIP URI', async () => {
      await refers('tel:+49900123456');
      expect(alice.phone.calls).toEqual([calling]);
      peer.takes('NOTIFY').answers(200);
      await stage.passes(100);
      const { body } = peer.takes('NOTIFY').answers(200).request;
      expect(testText.utf8(body)).toContain('SIP/2.0 603');
    });

    it('is followed once at a time', async () => {
      await refers('sip:bob@home.example');
      for (const user of ['alice', 'bob', 'carol']) await refers(`sip:${user}@home.example`);
      expect(alice.phone.calls.map(({ peer: { uri } }) => uri)).toEqual([
        'sip:carol@home.example',
        'sip:bob@home.example',
      ]);
    });
  });

  it('is asked for once at a time, of this phone only, and while the call stands', async () => {
    const { call } = await stage.talk(alice, bob);
    const { call: ringing } = await stage.rings(alice, carol);
    const { call: others } = await stage.talk(bob, carol);
    await expect(call.transfer(others)).rejects.toThrow(TypeError);
    await expect(call.transfer('sip:')).rejects.toThrow(TypeError);
    await expect(call.transfer(call)).rejects.toThrow('cannot be handed over to itself');
    expect((await stage.refusal(call.transfer(ringing))).cause.what).toBe('The call is not established.');
    expect((await stage.refusal(ringing.transfer('bob'))).cause.what).toBe('The call is not established.');
    const first = call.transfer('carol');
    expect((await stage.refusal(call.transfer('carol'))).cause.what).toContain('asked already');
    call.hangUp();
    expect((await stage.refusal(first)).cause.what).toBe('We hung up.');
  });
});
